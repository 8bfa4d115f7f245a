/** What the kernel and programs say, damaged in every way: it is understood, or refused with a code and a hint. Nothing else. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawshakeError } from '../../src/error.js';
import { systemCalls } from '../../src/evidence/trace/calls.js';
import { joinKernelEvents } from '../../src/evidence/trace/join.js';
import { planTrace } from '../../src/evidence/trace/plan.js';
import { TraceReader } from '../../src/evidence/trace/reader.js';
import * as saved from '../../src/filter/iptables-save.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import * as linux from '../../src/linux/libc/constants.js';
import { parseStatistics } from '../../src/linux/namespace/conntrack.js';
import { icmpErrorIn } from '../../src/linux/port/icmp-socket.js';
import { SystemCallError } from '../../src/linux/libc/libc.js';
import { readNeighbourMessage, questionFrame } from '../../src/linux/port/neighbour-messages.js';
import { Attributes } from '../../src/linux/netlink/attributes.js';
import { viewOf } from '../../src/linux/netlink/bytes.js';
import { errnoOf, messagesIn, type NetlinkMessage, reasonOf } from '../../src/linux/netlink/messages.js';
import { NetlinkSocket } from '../../src/linux/netlink/netlink-socket.js';
import { addRoute } from '../../src/linux/netlink/network-changes.js';
import { readExpressions } from '../../src/linux/netfilter/nf-rule-reader.js';
import { nfAttributes } from '../../src/linux/netfilter/nf-messages.js';
import { openNfSocket } from '../../src/linux/netfilter/nf-socket.js';
import { NFT_FAMILIES, nftDump } from '../../src/linux/netfilter/nft-messages.js';
import { stampOf } from '../../src/linux/capture/packet-stamps.js';
import { readNeighbour, readRoute } from '../../src/linux/netlink/route-table.js';
import { parsePairs, parseTables } from '../../src/linux/namespace/snmp.js';
import { openSocketTable } from '../../src/linux/netlink/sock-diag.js';
import { diagDump, diagRequest } from '../../src/linux/netlink/sock-diag-messages.js';
import { socketRow } from '../../src/linux/netlink/socket-dump.js';

const RUNS = { numRuns: 3000 };

/** What it throws must be for people; the kernel's refusals have an errno. */
function refusing(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (error instanceof SystemCallError) return;
    expect(error).toBeInstanceOf(RawshakeError);
    expect(error).toMatchObject({ code: 'RS_NOT_UNDERSTOOD' });
    const { hints } = error as RawshakeError;
    expect(hints.en).not.toBe('');
    expect(hints.zh).not.toBe('');
  }
}

interface Edit {
  readonly at: number;
  readonly put: readonly number[];
  readonly cut: number;
}

const edits = fc.array(
  fc.record({
    at: fc.nat(),
    // Lengths stand in two or four bytes: the ends of their ranges, more often than chance has them.
    put: fc.array(fc.oneof(fc.constantFrom(0, 1, 3, 4, 5, 0x7f, 0x80, 0xff), fc.nat(255)), { maxLength: 6 }),
    cut: fc.nat(6),
  }),
  { minLength: 1, maxLength: 5 },
);

const damaged = (bytes: Uint8Array, by: readonly Edit[]): Uint8Array => {
  const all = [...bytes];
  for (const { at, put, cut } of by) all.splice(at % (all.length + 1), cut, ...put);
  return Uint8Array.from(all);
};

/** Random bytes, and real ones with some of them changed, added and taken away. */
const bytesLike = (real: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.constantFrom(...real), edits).map(([bytes, by]) => damaged(bytes, by)),
  );

const textLike = (...real: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .tuple(fc.constantFrom(...real), edits)
      .map(([text, by]) => Buffer.from(damaged(Buffer.from(text), by)).toString()),
  );

describe('netlink', () => {
  let lab: Lab;
  let real: Uint8Array[];
  beforeAll(async () => {
    lab = createLab();
    const listener = await lab.server.listen(4, 80, (socket) => socket.resume());
    const asWhole = ({ type, flags, body }: NetlinkMessage): Uint8Array => {
      const whole = new Uint8Array(16 + body.length);
      viewOf(whole).setUint32(0, whole.length, true);
      viewOf(whole).setUint16(4, type, true);
      viewOf(whole).setUint16(6, flags, true);
      whole.set(body, 16);
      return whole;
    };
    real = [];
    const sockets = new NetlinkSocket({ number: linux.NETLINK_SOCK_DIAG, name: 'sock_diag' }, lab.server.netns);
    for (const row of sockets.dump(diagDump(4))) real.push(asWhole(row));
    sockets.close();
    const rule =
      'ip saddr 192.0.2.1 tcp sport 9 tcp flags & rst == rst meta mark != 7 counter drop comment "rawshake:x"';
    lab.server.run(['nft', `add table ip raw; add chain ip raw OUTPUT; add rule ip raw OUTPUT ${rule}`]);
    const tables = openNfSocket('nf_tables', lab.server.netns);
    for (const type of [linux.NFT_MSG_GETRULE, linux.NFT_MSG_GETCHAIN])
      for (const row of tables.dump(nftDump(type, NFT_FAMILIES.ip))) real.push(asWhole(row));
    tables.close();
    const routes = new NetlinkSocket({ number: linux.NETLINK_ROUTE, name: 'rtnetlink' }, lab.server.netns);
    routes.askForReasons();
    routes.send([addRoute('198.18.0.0/16', '203.0.113.1').request]); // no way to that router
    for (const refusal of routes.acknowledgements(1)) real.push(asWhole(refusal));
    routes.close();
    listener.close();
    expect(real.length).toBeGreaterThanOrEqual(3);
  });
  afterAll(() => {
    lab.close();
  });

  const readers = (message: NetlinkMessage): readonly (() => unknown)[] => [
    () => errnoOf(message),
    () => reasonOf(message),
    () => socketRow(message, 4),
    () => socketRow(message, 6),
    () => readRoute(message, '192.0.2.1'),
    () => readNeighbour(message),
    () => new Attributes(message.body, 12),
    () => everyReading(nfAttributes(message)),
    () => readExpressions(nfAttributes(message).list(linux.NFTA_RULE_EXPRESSIONS)),
  ];

  const everyReading = (attributes: Attributes): void => {
    for (let type = 0; type < 10; type++) {
      attributes.text(type);
      for (const read of ['nested', 'list', 'i32', 'be32', 'be64'] as const) refusing(() => attributes[read](type));
    }
  };

  test('messages and all that is read from them', () => {
    fc.assert(
      fc.property(bytesLike(real), (bytes) => {
        refusing(() => {
          for (const message of messagesIn(bytes)) for (const read of readers(message)) refusing(read);
        });
        for (const message of messagesIn(bytes, { mayBeCut: true }))
          for (const read of readers(message)) refusing(read);
      }),
      RUNS,
    );
  });

  test('what is read from a body of any kind', () => {
    fc.assert(
      fc.property(bytesLike(real.map((whole) => whole.subarray(16))), (body) => {
        const message = { type: 2, flags: 0, sequence: 0, body };
        for (const read of readers(message)) refusing(read);
      }),
      RUNS,
    );
  });

  const header = (length: number, ...rest: readonly number[]): Uint8Array => {
    const bytes = Uint8Array.of(0, 0, 0, 0, ...rest, ...Array<number>(Math.max(0, 12 - rest.length)).fill(0));
    viewOf(bytes).setUint32(0, length, true);
    return bytes;
  };

  test.each([
    ['of length 0', header(0)],
    ['shorter than its header', header(15)],
    ['longer than what was received', header(17)],
    ['of the greatest length', header(0xffffffff)],
    ['cut off in its header', header(16).subarray(0, 9)],
  ])('a message %s is damaged', (_name, bytes) => {
    expect(() => messagesIn(bytes)).toThrow(expect.objectContaining({ code: 'RS_NOT_UNDERSTOOD' }) as Error);
  });

  test('an error without its number is damaged', () => {
    const [message] = messagesIn(header(16, 2));
    if (message === undefined) throw new Error('no message');
    expect(() => errnoOf(message)).toThrow(expect.objectContaining({ code: 'RS_NOT_UNDERSTOOD' }) as Error);
  });

  test.each([
    ['of length 0', [0, 0, 1, 0]],
    ['longer than its message', [9, 0, 1, 0, 0, 0, 0, 0]],
    ['cut off in its header', [4, 0, 1, 0, 5, 0]],
  ])('an attribute %s is damaged', (_name, bytes) => {
    const read = () => new Attributes(Uint8Array.from(bytes));
    expect(read).toThrow(expect.objectContaining({ code: 'RS_NOT_UNDERSTOOD' }) as Error);
  });

  test('an answer that another process forges is not believed', async () => {
    const table = openSocketTable(lab.server.netns);
    const listener = await lab.server.listen(4, 80, (socket) => socket.resume());
    const flow = { src: lab.server.address(4), srcPort: 80, dst: lab.client.address(4), dstPort: 41000 };
    expect(table.ownerOf(flow)).toBe('LISTEN'); // it has a port from here on
    // Root in the same namespace: nobody else may send to it. Sequence numbers 1 to 9, ENOENT in each.
    expect(lab.server.run(['python3', '-c', FORGE])).toMatch(/^forged [1-9]/);
    expect(table.ownerOf(flow)).toBe('LISTEN');
    expect(table.all(4)).toMatchObject([{ state: 'LISTEN', srcPort: 80 }]);
    table.close();
    listener.close();
  });

  test('an answer to an earlier request is not taken for that to a later one', () => {
    const socket = new NetlinkSocket({ number: linux.NETLINK_SOCK_DIAG, name: 'sock_diag' }, lab.server.netns);
    const nobody = { src: lab.server.address(4), srcPort: 9, dst: lab.client.address(4), dstPort: 9 };
    socket.send([diagRequest(nobody)]); // its ENOENT is never read
    expect([...socket.dump(diagDump(4))]).toEqual([]);
    socket.close();
  });
});

/** To every line to sock_diag in this namespace: an NLMSG_ERROR that says ENOENT. */
const FORGE = `
import socket, struct
mine = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
mine.bind((0, 0))
sent = 0
for line in open('/proc/net/netlink').readlines()[1:]:
  words = line.split()
  protocol, port = int(words[1]), int(words[2])
  if protocol == 4 and port not in (0, mine.getsockname()[0]):
    for sequence in range(1, 10):
      mine.sendto(struct.pack('=IHHII', 36, 2, 0, sequence, port) + struct.pack('=i', -2) + bytes(16), (port, 0))
      sent += 1
print('forged', sent)
`;

describe('packets', () => {
  test('what neighbours and ICMP say', () => {
    const real = ['192.0.2.2', '2001:db8::2'].map((target) =>
      questionFrame(target, { address: target.replace('2', '1'), mac: '02:00:00:00:00:01' }),
    );
    fc.assert(
      fc.property(bytesLike(real), (bytes) => {
        readNeighbourMessage(bytes);
        icmpErrorIn(bytes, { local: '192.0.2.1' }, 'packet');
      }),
      RUNS,
    );
  });

  test('a time stamp', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        refusing(() => stampOf(viewOf(bytes)));
      }),
      RUNS,
    );
  });
});

describe('programs', () => {
  test('iptables-save', () => {
    const real =
      '# Generated by iptables-save v1.8.9 (nf_tables)\n*raw\n:OUTPUT ACCEPT [0:0]\n' +
      '[1:40] -A OUTPUT -s 192.0.2.1/32 -p tcp -m tcp --sport 9 -m comment --comment "rawshake:x" -j DROP\nCOMMIT\n';
    fc.assert(
      fc.property(textLike(real), (text) => {
        refusing(() => saved.variantOf(text));
        refusing(() =>
          saved.parseSavedRules(text).map((rule) => [saved.commentOf(rule), saved.markOf(rule), saved.flowOf(rule)]),
        );
      }),
      RUNS,
    );
  });
});

describe('/proc and the trace', () => {
  test('counters: numbers, or nothing', () => {
    const [table, pairs] = ['Tcp: ActiveOpens OutRsts\nTcp: 1 2\n', 'Ip6InReceives   7\n'];
    const statistics = 'entries drop early_drop\n0000000a 00000001 00000002\n0000000a 00000003 00000004\n';
    fc.assert(
      fc.property(textLike(table, pairs, statistics), (text) => {
        const all = [...parseTables(text), ...parsePairs(text), ...parseStatistics(text)];
        for (const [, value] of all) expect(Number.isFinite(value)).toBe(true);
      }),
      RUNS,
    );
    expect([...parseStatistics(statistics)]).toEqual([
      ['entries', 20],
      ['drop', 4],
      ['early_drop', 6],
    ]);
  });

  const fixture = (name: string): string => readFileSync(new URL(`../fixtures/trace/${name}`, import.meta.url), 'utf8');

  const sceneOf = (pids: readonly number[]) => ({
    hosts: [
      { name: 'client', link: 100_001, addresses: ['192.0.2.1'] },
      { name: 'server', link: 100_002, addresses: ['192.0.2.2'] },
    ],
    pids,
    softirqThreads: [],
    fromMs: 0,
    untilMs: Infinity,
    packets: [],
  });

  test.each(['5.10', '6.8', '6.18'])('the trace of Linux %s', (version) => {
    const whole = fixture(`linux-${version}.txt`);
    const formats = ['tcp_send_reset', 'kfree_skb'].map((event) => fixture(`linux-${version}-${event}.format`));
    const pieces = whole.split('\n').map((_line, i, lines) => lines.slice(i, i + 12).join('\n'));
    fc.assert(
      fc.property(textLike(...pieces), textLike(...formats), fc.nat(40), (text, format, at) => {
        const reader = new TraceReader();
        for (const piece of [text.slice(0, at), text.slice(at), '\n']) reader.push(piece);
        const pids = [...new Set(reader.records.map(({ pid }) => pid))];
        joinKernelEvents(reader.records, sceneOf(pids));
        systemCalls(reader.records, pids);
        planTrace(() => format);
      }),
      { numRuns: 500 },
    );
  });
});
