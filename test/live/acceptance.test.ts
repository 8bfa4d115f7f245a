/** Segments that no TCP takes, and a gap that nothing fills, on real kernels: whoever has the connection, the verdict is the same. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openEndpoint } from '../../src/lab/bench/open-endpoint.js';
import type { Lab } from '../../src/lab/lab.js';
import { converse } from '../../src/live/converse.js';
import { labWithSilentServer } from '../support/silent-server.js';

let lab: Lab;
beforeEach(() => {
  lab = labWithSilentServer();
});
afterEach(() => {
  lab.close();
});

const PORT = 8888;
const CLIENT_PORT = 41_000;
/** Of the server's clock. */
const NOW = 1_000_000;
const ISS = 1000;

interface Script {
  /** What the SYN/ACK offers. */
  readonly options: string;
  /** Sent when our side has closed: in notation, or with an ACK so much too old. */
  readonly segments: readonly (readonly [segment: string, behind?: number])[];
}

/** What came of a connection to a server that takes a request and the FIN, and then sends these. */
async function converseWith({ options, segments }: Script, adopt: boolean) {
  const server = openEndpoint(lab, 'server', { clientPort: CLIENT_PORT, serverPort: PORT, iss: ISS });
  const talking = converse({
    ...{ host: lab.server.address(4), port: PORT, sourcePort: CLIENT_PORT, netns: lab.client.netns, adopt },
    ...{ output: undefined, onPacket: undefined, signal: new AbortController().signal, input: 'GET' },
    ...{ close: 'fin', waitMs: 1500 },
  });
  const syn = await server.expect('S <...>', { withinMs: 10_000 });
  server.send(`S. 0:0(0) ack 1 win 60000 <${options}>`);
  await server.expect('F. 4:4(0) ack 1 <...>', { withinMs: 10_000, skip: true });
  for (const [segment, behind = 0] of segments) {
    const [, from = 0, to = 0] = (/(\d+):(\d+)/.exec(segment) ?? []).map(Number);
    const ack = (syn.seq + 5 - behind) >>> 0;
    server.send(segment, { payload: 'x'.repeat(to - from), ack });
  }
  return talking;
}

const PLAIN = 'mss 1460';
const STAMPED = `mss 1460,nop,nop,TS val ${NOW} ecr 0`;
const at = (value: number): string => `<nop,nop,TS val ${value} ecr 0>`;
const thrice = <T>(one: T): readonly T[] => [one, one, one];

test.each([
  {
    what: 'a timestamp older than TS.Recent',
    options: STAMPED,
    segments: [[`P. 1:13(12) ack 5 ${at(NOW + 2)}`], ...thrice([`P. 13:19(6) ack 5 ${at(1)}`] as const)],
  },
  {
    what: 'an ACK older than any window, in place',
    options: PLAIN,
    segments: [['P. 1:13(12) ack 5'], ...thrice(['P. 5:105(100) ack 5', 2 ** 29] as const)],
  },
  {
    what: 'an ACK older than any window, beyond a gap',
    options: PLAIN,
    segments: [['P. 1:13(12) ack 5'], ...thrice(['F. 1013:1018(5) ack 5', 2 ** 29] as const)],
  },
] satisfies readonly (Script & { what: string })[])('$what: nothing is missing', async (script) => {
  for (const adopt of [false, true]) {
    const { outcome, missing, obstacle, received } = await converseWith(script, adopt);
    expect({ adopt, outcome, missing, obstacle, bytes: received.bytes }).toEqual({
      ...{ adopt, outcome: 'established', missing: undefined, obstacle: undefined, bytes: 12 },
    });
  }
});

test.each([
  { what: 'text and FIN behind a gap, once', segments: [['F. 1449:1453(4) ack 5']], bytes: 1448 },
  { what: 'a FIN behind a gap, once', segments: [['P. 1:6(5) ack 5'], ['F. 106:106(0) ack 5']], bytes: 100 },
] as const)('$what, without SACK: missing', async ({ segments, bytes }) => {
  for (const adopt of [false, true]) {
    const { outcome, missing, isLeftOpen } = await converseWith({ options: PLAIN, segments }, adopt);
    expect({ adopt, outcome, missing, isLeftOpen }).toEqual({
      ...{ adopt, outcome: 'incomplete', missing: { bytes, fin: true }, isLeftOpen: false },
    });
  }
});
