import { expect, test } from 'vitest';
import { stateDiagram } from '../../src/tcp/index.js';

const PAGE = `# The states of TCP

Drawn from the table of legal edges, \`src/tcp/transitions.ts\`, which a property test holds the machine to; each edge with
what takes it and where RFC 9293 and others say so. Names are the Linux kernel's. \`npx vitest run test/tcp/diagram.test.ts -u\`
draws it again.

\`\`\`mermaid
${stateDiagram()}\`\`\`
`;

test('the diagram in the docs is drawn from the table', async () => {
  await expect(PAGE).toMatchFileSnapshot('../../docs/tcp-states.md');
});
