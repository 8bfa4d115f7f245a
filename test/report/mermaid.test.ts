/** Sequence diagrams, held to the statements of Mermaid's grammar that we use. */
import { describe, expect, test } from 'vitest';
import { REMEDIES } from '../../src/lab/remedies/index.js';
import { USER_RULE } from '../../src/lab/remedies/user-rules.js';
import { compareMermaid, experimentsMermaid } from '../../src/report/ladder-mermaid.js';
import { FILTERED_RUN, RESET_RUN } from '../support/evidence.js';
import { RUN } from '../support/experiment-evidence.js';

/** sequenceDiagram.jison: text runs to the end of the line, without `;` and without `#` but for entities, and no tags. */
const TEXT = /(?:[^#;<>\n]|#\w+;)+/.source;
const STATEMENT = new RegExp(
  [
    `^  participant (client|server) as ${TEXT}$`,
    `^  Note over (client|server|client,server): ${TEXT}$`,
    `^  (client|server)(-|--)(>>|x)(client|server): ${TEXT}$`,
  ].join('|'),
);

const statements = (diagram: string): readonly string[] => {
  const [first, ...rest] = diagram.trimEnd().split('\n');
  expect(first).toBe('sequenceDiagram');
  expect(rest.filter((line) => !STATEMENT.test(line))).toEqual([]);
  return rest.map((line) => line.trim());
};

describe('an experiment', () => {
  const lines = statements(experimentsMermaid([RUN], { file: 'x.mmd', language: 'en' }));

  test.each([
    'Note over client,server: a SYN to a listener',
    "Note over server: server's kernel: LISTEN on :8888",
    'client->>server: SYN :41000 → :8888 (0.000 ms)',
    'server-->>client: SYN/ACK :8888 → :41000 (0.040 ms)',
    'server--xclient: RST/ACK :9999 → :41000 (11.030 ms)',
    'client-->>client: SYN :44600 → :44600 (20.000 ms)',
    "Note over server: server's kernel :9999: makes a RST: tcp_send_reset reason=NO_SOCKET [tcp_v4_send_reset ← tcp_v4_rcv ← ip_protocol_deliver_rcu]",
  ])('%s', (line) => {
    expect(lines).toContain(line);
  });

  test('what means something to Mermaid is written as an entity', () => {
    const scenes = [{ atMs: 50, title: { en: 'a # b; <c>', zh: '' } }];
    expect(statements(experimentsMermaid([{ ...RUN, scenes }], { language: 'en' }))).toContain(
      'Note over client,server: a #35; b#59; #60;c#62;',
    );
  });
});

describe('several runs', () => {
  test('one diagram', () => {
    const lines = statements(
      compareMermaid(
        [RESET_RUN, FILTERED_RUN],
        ({ remedy }) => (remedy === 'rule' ? USER_RULE : REMEDIES[remedy]),
        'x.mmd',
        'en',
      ),
    );
    expect(lines.filter((line) => line.startsWith('Note over client,server'))).toEqual([
      'Note over client,server: no filter (IPv4)',
      "Note over client,server: RESET by the client's own kernel",
      "Note over client,server: iptables drops the kernel's RST (IPv4)",
      'Note over client,server: ESTABLISHED',
    ]);
    expect(lines).toContain('Note over client: RST ✗ dropped by the rule');
  });

  test('in FILE.md one each, in a fence', () => {
    const page = experimentsMermaid([RUN, { ...RUN, family: 6 }], { file: 'x.md', language: 'zh' });
    const fences = [...page.matchAll(/^## sample IPv([46]).*\n\n```mermaid\n([^]*?)```$/gm)];
    expect(fences.map(([, family]) => family)).toEqual(['4', '6']);
    for (const [, , diagram = ''] of fences) statements(diagram);
  });
});
