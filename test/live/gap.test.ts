/** What the other side has sent and this host's firewall has taken: no success, whoever has the connection. In a lab. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { converse } from '../../src/live/converse.js';
import { connectionJson, connectionText } from '../../src/report/connection.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const view = { columns: 80, unicode: true } as const;

/** Drops at the client what `matches`; the server, once asked, writes `pieces` and then closes or does not. */
async function converseBehind(matches: string, pieces: readonly number[], closes: boolean, adopt: boolean) {
  const chain = '{ type filter hook prerouting priority -300; }';
  const rules = [`add table ip t`, `add chain ip t c ${chain}`, `add rule ip t c ${matches} drop`];
  lab.client.run(['nft', rules.join('; ')]);
  await lab.server.listen(4, 80, (socket) => {
    socket.setNoDelay().on('error', () => undefined);
    socket.once('data', () => {
      for (const bytes of pieces) socket.write('x'.repeat(bytes));
      if (closes) socket.end();
    });
  });
  return converse({
    ...{ host: lab.server.address(4), port: 80, netns: lab.client.netns, adopt, close: 'fin', waitMs: 2500 },
    ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal, input: 'GET' },
  });
}

const LONG = 'meta length > 1000';

describe.each([false, true])('adopted: %s', (adopt) => {
  test.each([
    [[1400, 200], true],
    [[1400, 200], false],
    [[1400], false],
  ])('text of %j bytes, of which the long is dropped, and FIN behind it: %s', async (pieces, closes) => {
    const evidence = await converseBehind(LONG, pieces, closes, adopt);
    const bytes = 1400;
    expect(evidence).toMatchObject({ outcome: 'incomplete', missing: { bytes }, isLeftOpen: false });
    expect(connectionJson(evidence)).toMatchObject({ missing: { bytes } });
    expect(evidence.obstacle?.why.en).toContain('the firewall of this host dropped them');
    const text = connectionText(evidence, { ...view, language: 'en' });
    expect(text).toContain('at least 1400 bytes of what the other side sent are missing');
    expect(text).toContain('INCOMPLETE: established, but not all that the other side sent has come in');
    expect(text).not.toContain('had not closed');
    expect(connectionText(evidence, { ...view, language: 'zh' })).toContain('至少缺少 1400 字节');
  });

  test('a FIN that is dropped: it had closed, and that did not arrive', async () => {
    const evidence = await converseBehind('tcp flags & fin == fin', [200], true, adopt);
    expect(evidence).toMatchObject({ outcome: 'incomplete', missing: { bytes: 0, fin: true }, isLeftOpen: false });
    expect(connectionText(evidence, { ...view, language: 'en' })).toContain('has closed (FIN), which did not arrive');
  });

  test('without SACK the other side repeats what was not acknowledged: that tells as well', async () => {
    setSysctls(lab.server.netns, { 'net.ipv4.tcp_sack': 0 });
    const evidence = await converseBehind(LONG, [1400, 200], true, adopt);
    expect(evidence).toMatchObject({ outcome: 'incomplete', isLeftOpen: false });
    expect(evidence.missing?.bytes).toBeGreaterThan(0);
  });

  test('all is there: nothing is missing', async () => {
    const evidence = await converseBehind('meta length > 9000', [1400, 200], true, adopt);
    expect([evidence.outcome, evidence.missing]).toEqual(['established', undefined]);
  });
});
