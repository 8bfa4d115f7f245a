/** The link of a connection is deleted, or set down, under it: that is said, and nobody else is blamed. In labs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LINK } from '../../src/lab/addresses.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import type { Argv } from '../../src/filter/argv.js';
import type { HostName } from '../../src/evidence/host.js';
import { sequenceEnd } from '../../src/evidence/packet.js';
import { type Seq, TcpFlag } from '../../src/wire/index.js';
import { converse, type ConverseOptions } from '../../src/live/converse.js';
import { connectionText } from '../../src/report/connection.js';

let lab: Lab;
beforeEach(() => {
  lab = createLab();
});
afterEach(() => {
  lab.close();
});

const VIEW = {
  language: 'en',
  columns: 100,
  numbers: false,
  plain: false,
  unicode: true,
  ambiguousWide: false,
} as const;

/** Talks to a server that says something and never closes; `change` is made on the client once each has what the other has sent. */
async function converseUntil(change: Argv, family: 4 | 6, options: Partial<ConverseOptions>) {
  await lab.server.listen(family, 80, (socket) => {
    socket.on('error', () => undefined).write('welcome');
  });
  const ends: Partial<Record<HostName, Seq>> = {};
  const acknowledged: Partial<Record<HostName, Seq>> = {};
  let isMade = false;
  return converse({
    ...{ host: lab.server.address(family), port: 80, netns: lab.client.netns, adopt: false, close: 'fin' },
    ...{ output: undefined, signal: new AbortController().signal, input: undefined, waitMs: undefined },
    ...options,
    onPacket({ from, to, segment }) {
      const speaks = segment.payload.length > 0 || (segment.flags & TcpFlag.FIN) !== 0;
      if (speaks) ends[from] = sequenceEnd(segment);
      acknowledged[to] = segment.ack;
      const hasBoth = HOSTS.every((host) => ends[host] !== undefined && ends[host] === acknowledged[host]);
      if (isMade || !hasBoth) return;
      isMade = true;
      lab.client.run(change);
    },
  });
}

const HOSTS = ['client', 'server'] as const;
const GONE = `the link ${LINK} is gone: nothing more could come or go`;

describe.each([4, 6] as const)('IPv%i', (family) => {
  test.each([
    { transport: 'libc' },
    { transport: 'libc', interfaceName: LINK },
    { transport: 'packet' },
    { adopt: true },
    { adopt: true, interfaceName: LINK },
  ] as const)('deleted: %j', async (options) => {
    // It need not be waited for.
    const evidence = await converseUntil(['ip', 'link', 'delete', LINK], family, { ...options, waitMs: 3_600_000 });
    expect(evidence).toMatchObject({ outcome: 'aborted', failure: { en: GONE }, isLeftOpen: false });
    const text = connectionText(evidence, VIEW);
    expect(text).toContain(`ABORTED before the end: ${GONE}`);
    expect(text).not.toContain('the other side had not closed');
  });

  test.each([{ transport: 'libc' }, { transport: 'packet' }, { adopt: true }, { interfaceName: LINK }] as const)(
    'set down: %j',
    async (options) => {
      // What comes while the kernel takes over is sent again after 200 ms, and only then the link is set down.
      const evidence = await converseUntil(['ip', 'link', 'set', LINK, 'down'], family, { ...options, waitMs: 1000 });
      expect(evidence).toMatchObject({ outcome: 'aborted', isLeftOpen: false });
      expect(connectionText(evidence, VIEW)).toContain('no route leads to the other side any more');
    },
  );
});

test('another link is deleted: nothing becomes of it', async () => {
  lab.client.run(['ip', 'link', 'add', 'other', 'type', 'veth', 'peer', 'name', 'another']);
  const evidence = await converseUntil(['ip', 'link', 'delete', 'other'], 4, { waitMs: 1000 });
  expect(evidence).toMatchObject({ outcome: 'established', isLeftOpen: true });
  expect(connectionText(evidence, VIEW)).toContain(
    'had not closed when the wait for it was over (--wait): reset from here',
  );
});

test.each([false, true])(
  'a rule of this host keeps the RST back (adopted: %s): it is not said to have been sent',
  async (adopt) => {
    const rule = ['iptables', '-A', 'OUTPUT', '-p', 'tcp', '--tcp-flags', 'RST', 'RST', '-j', 'DROP'] as const;
    lab.client.run(rule);
    const evidence = await converseUntil(['true'], 4, { waitMs: 1000, adopt });
    expect(evidence).toMatchObject({ outcome: 'established', isLeftOpen: true });
    expect(connectionText(evidence, VIEW)).toContain('no RST from here was seen to leave');
  },
);
