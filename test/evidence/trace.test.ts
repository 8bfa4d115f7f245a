import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { KernelEvent } from '../../src/evidence/kernel-event.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { missingFromAny } from '../../src/evidence/missing.js';
import { systemCalls } from '../../src/evidence/trace/calls.js';
import { parseFormat } from '../../src/evidence/trace/format.js';
import { joinKernelEvents } from '../../src/evidence/trace/join.js';
import { planTrace, type TracePlan } from '../../src/evidence/trace/plan.js';
import { withSockets } from '../../src/evidence/trace/socket-identity.js';
import { TraceReader } from '../../src/evidence/trace/reader.js';
import type { TraceRecord } from '../../src/evidence/trace/record.js';
import type { TraceScene } from '../../src/evidence/trace/scene.js';
import { observed } from '../support/evidence.js';

const fixture = (name: string): string => readFileSync(`test/fixtures/trace/${name}`, 'utf8');

function read(text: string): readonly TraceRecord[] {
  const reader = new TraceReader();
  reader.push(text);
  return reader.records;
}

/** As trace_print_context prints it. */
const event = (name: string, body: string, { pid = 1, cpu = 0, atMs = 1000 } = {}): string =>
  `${name.padStart(16)}-${String(pid).padEnd(7)} [00${cpu}] ..s1. ${(atMs / 1000).toFixed(6)}: ${body}\n`;

const RECORDED = fixture('linux-6.18.txt');

const SCENE: TraceScene = {
  hosts: [
    { name: 'client', link: 200001, addresses: ['192.0.2.1', '2001:db8::1'] },
    { name: 'server', link: 200002, addresses: ['192.0.2.2', '2001:db8::2'] },
  ],
  pids: [11738, 4711],
  softirqThreads: [14],
  fromMs: 0,
  untilMs: Infinity,
  packets: [],
};

/** `client tcp_send_reset NO_SOCKET`, `server LISTEN>SYN_RECV` */
const said = (events: readonly KernelEvent[]): string[] =>
  events.map(({ host, event, reason, oldState = '', newState = '' }) =>
    event === 'inet_sock_set_state' ? `${host} ${oldState}>${newState}` : `${host} ${event} ${reason ?? '-'}`,
  );

const WITHOUT_FILTER = [
  'server CLOSE>LISTEN',
  'client tcp_send_reset NO_SOCKET',
  'client kfree_skb NO_SOCKET',
  'server tcp_send_reset TCP_FLAGS',
  'server kfree_skb TCP_FLAGS',
  'client kfree_skb NO_SOCKET',
  'server LISTEN>CLOSE',
];

describe('the reader', () => {
  test('a line: time in milliseconds, processor, process, soft interrupt, event', () => {
    const reset = read(RECORDED).find(({ event }) => event === 'tcp_send_reset');
    expect(reset).toMatchObject({ cpu: 0, pid: 11738, program: 'node', softirq: true });
    expect(reset?.atMs).toBeCloseTo(11877261.132, 6);
    expect(reset?.stack.slice(0, 3)).toEqual([
      'trace_event_raw_event_tcp_send_reset',
      'tcp_v4_send_reset',
      'tcp_v4_rcv',
    ]);
  });

  test('pieces of any length give the same records', () => {
    for (const length of [1, 7, 80, 4096]) {
      const reader = new TraceReader();
      for (let at = 0; at < RECORDED.length; at += length) reader.push(RECORDED.slice(at, at + length));
      expect(reader.records).toEqual(read(RECORDED));
    }
  });

  test('a stack belongs to the event of its own processor and process', () => {
    const line = (pid: number, cpu: number, body: string) => event('a b-c', body, { pid, cpu });
    const records = read(
      line(1, 0, 'one: x') + line(2, 1, 'two: y') + line(1, 0, '<stack trace>') + ' => f\n => g\n' + line(2, 1, 'z: '),
    );
    expect(records.map(({ event, program, stack }) => [event, program, stack])).toEqual([
      ['one', 'a b-c', ['f', 'g']],
      ['two', 'a b-c', []],
      ['z', 'a b-c', []],
    ]);
  });

  test('what the buffer could not hold is counted', () => {
    const reader = new TraceReader();
    reader.push('CPU:1 [LOST 12 EVENTS]\n');
    expect(reader.lost).toBe(12);
    reader.push('CPU:0 [LOST EVENTS]\n');
    expect(reader.lost).toBe(13);
  });

  test('when they were lost is known by the next event, or by what was let go', () => {
    const reader = new TraceReader(2);
    reader.push(event('node', 'x: 0', { atMs: 1000 }) + 'CPU:0 [LOST 12 EVENTS]\n');
    expect(reader.lostSince(5000)).toBe(true);
    reader.push(event('node', 'x: 1', { atMs: 2000 }));
    expect([reader.lostSince(2000), reader.lostSince(2001)]).toEqual([true, false]);
    for (const atMs of [3000, 4000, 5000]) reader.push(event('node', 'x: 2', { atMs }));
    expect([reader.lostSince(3000), reader.lostSince(3001)]).toEqual([true, false]);
  });

  test('the next event of a processor that has lost some says so, and no other', () => {
    const reader = new TraceReader();
    const line = (cpu: number, body: string) => event('node', body, { cpu, atMs: 1000 + Number(body.at(-1)) });
    reader.push(line(1, 'x: 0') + 'CPU:1 [LOST 12 EVENTS]\n' + line(0, 'x: 1') + line(1, 'x: 2') + line(1, 'x: 3'));
    expect(reader.records.map(({ text, afterLoss }) => [text, afterLoss])).toEqual([
      ['0', false],
      ['1', false],
      ['2', true],
      ['3', false],
    ]);
  });

  test('so does what follows an event for which there was no room here', () => {
    const reader = new TraceReader(2);
    const line = (cpu: number, i: number) => event('node', `x: ${String(i)}`, { cpu, atMs: 1000 + i });
    reader.push([line(0, 0), line(1, 1), line(0, 2), line(0, 3)].join(''));
    reader.push(line(1, 4));
    expect(reader.records.map(({ text, afterLoss }) => [text, afterLoss])).toEqual([
      ['3', true],
      ['4', true],
    ]);
  });

  test.each([
    '[LOST 9 EVENTS]',
    '\n[LOST 9 EVENTS',
    '=> forged',
    'a\n => forged',
    '=> forged_name\n',
    '=> forg\n => ed\n',
    '\r',
    '\n\n',
    'a-1 [000] .',
    '<stack trace>',
  ])('a program named %j says nothing but its own event', (name) => {
    const reader = new TraceReader();
    reader.push(event('node', 'one: x') + event('node', '<stack trace>') + ' => f\n => g\n');
    reader.push(event(name, 'two: y', { pid: 2 }) + event(name, '<stack trace>', { pid: 2 }) + ' => h\n');
    reader.push(event(name, 'three: z', { pid: 2, atMs: 2000 }));
    expect(reader.records.map(({ event, text, pid, stack }) => [event, text, pid, stack])).toEqual([
      ['one', 'x', 1, ['f', 'g']],
      ['two', 'y', 2, ['h']],
      ['three', 'z', 2, []],
    ]);
    expect([reader.lost, reader.newestMs]).toEqual([0, 2000]);
  });

  test('what is older than it was told to forget is not kept, and its stack is nobody else’s', () => {
    const reader = new TraceReader();
    reader.forget(1500);
    reader.push(event('node', 'new: x', { atMs: 1600 }));
    reader.push(event('node', 'old: y') + event('node', '<stack trace>') + ' => f\n');
    expect(reader.records).toMatchObject([{ event: 'new', stack: [] }]);
    expect(reader.lost).toBe(0);
  });

  test('of more than it keeps it has the newest, and says how many are gone', () => {
    const reader = new TraceReader(3);
    for (let i = 0; i < 10; i++) reader.push(event('node', `number: ${String(i)}`, { atMs: 1000 + i }));
    expect(reader.records.map(({ text }) => text)).toEqual(['7', '8', '9']);
    expect(reader.lost).toBe(7);
  });

  test('what is forgotten is gone, the rest stays', () => {
    const reader = new TraceReader();
    reader.push(RECORDED);
    const all = reader.records.length;
    reader.forget(11877_100);
    expect(reader.records.length).toBe(all);
    reader.forget(11877_600);
    expect(reader.records.length).toBeLessThan(all / 2);
    expect(reader.records.length).toBeGreaterThan(0);
  });
});

describe('the join, Linux 6.18', () => {
  const events = joinKernelEvents(read(RECORDED), SCENE);

  test('without a filter: both RSTs with their reasons, the segments that they answer, the listener', () => {
    expect(said(events).slice(0, 7)).toEqual(WITHOUT_FILTER);
  });

  test('behind the filter each RST is made, dropped, and what it answers let go', () => {
    const filtered = said(events).slice(7, -WITHOUT_FILTER.length);
    expect(filtered.slice(0, 6)).toEqual([
      'server CLOSE>LISTEN',
      'client tcp_send_reset NO_SOCKET',
      'client kfree_skb NETFILTER_DROP',
      'client kfree_skb NO_SOCKET',
      'server LISTEN>SYN_RECV',
      'server SYN_RECV>ESTABLISHED',
    ]);
    const count = (line: string) => filtered.filter((other) => other === line).length;
    expect(count('client kfree_skb NETFILTER_DROP')).toBe(count('client tcp_send_reset NO_SOCKET'));
    expect(filtered.filter((line) => line.includes('LAST_ACK'))).toEqual([
      'server CLOSE_WAIT>LAST_ACK',
      'server LAST_ACK>CLOSE',
    ]);
  });

  test('IPv6 says the same', () => {
    const six = events.slice(-WITHOUT_FILTER.length);
    expect(said(six)).toEqual(WITHOUT_FILTER);
    expect(six[1]).toMatchObject({ src: '2001:db8::1', srcPort: 41000, dst: '2001:db8::2', dstPort: 8888 });
  });

  test('the RST and the segment that it answers are of opposite directions; the path is the one of the textbooks', () => {
    const [, reset, answered] = events;
    expect(reset).toMatchObject({ src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 });
    expect(answered).toMatchObject({ src: '192.0.2.2', srcPort: 8888, dst: '192.0.2.1', dstPort: 41000 });
    expect(answered?.skb).toBe(reset?.skb);
    expect(reset?.function).toBe('tcp_v4_rcv');
    expect(reset?.stack?.slice(0, 4)).toEqual([
      ...['tcp_v4_send_reset', 'tcp_v4_rcv', 'ip_protocol_deliver_rcu', 'ip_local_deliver_finish'],
    ]);
    expect(reset?.stack).toContain('raw_sendmsg');
  });

  test("a listener's RST names nobody: the packet that came in does", () => {
    const packets = [observed(11877_277, 'client', 'rawshake', '.')];
    const resetOf = (scene: TraceScene) =>
      joinKernelEvents(read(RECORDED), scene).find(({ reason }) => reason === 'TCP_FLAGS');
    expect(resetOf(SCENE)).not.toHaveProperty('dstPort');
    expect(resetOf(SCENE)).toMatchObject({ src: '192.0.2.2', srcPort: 8888, dst: '192.0.2.1' });
    expect(resetOf({ ...SCENE, packets })).toMatchObject({ dst: '192.0.2.1', dstPort: 41000 });
  });

  describe('another lab with the same addresses at the same time adds nothing', () => {
    const other = RECORDED.replaceAll('20000', '30000').replaceAll('11738 ', '11739 ');

    test.each([
      // One processor ends what it does for a packet before it begins with another.
      ['on the same processor, in turns', other, 3],
      ['on another processor, at the very same moment', other.replaceAll('[000]', '[001]'), 0.0004],
    ])('%s', (_, text, delayMs) => {
      const moved = read(text).map((record) => ({ ...record, atMs: record.atMs + delayMs }));
      const both = [...read(RECORDED), ...moved].sort((a, b) => a.atMs - b.atMs);
      expect(joinKernelEvents(both, SCENE).map(comparable)).toEqual(events.map(comparable));
    });
  });

  test('nothing but the links of the scene counts', () => {
    const hosts = SCENE.hosts.map((host, i) => ({ ...host, link: 1 + i }));
    expect(joinKernelEvents(read(RECORDED), { ...SCENE, hosts, pids: [] })).toEqual([]);
  });

  test('what was before or after is left out', () => {
    const [from, until] = [11877_240, 11877_270];
    expect(said(joinKernelEvents(read(RECORDED), { ...SCENE, fromMs: from, untilMs: until }))).toEqual([
      'client tcp_send_reset NO_SOCKET',
      'client kfree_skb NO_SOCKET',
    ]);
  });

  test('a program that calls itself as the kernel calls its threads is none of them', () => {
    const reset =
      'tcp_send_reset: skbaddr=000000004254f9d1 skaddr=0000000000000000 src=192.0.2.1:41000 dest=192.0.2.2:8888 ' +
      'state=UNKNOWN reason=NO_SOCKET';
    const scene = { ...SCENE, packets: [{ ...observed(1000.1, 'client', 'kernel', 'R'), to: 'client' as const }] };
    const eventOf = (pid: number) => joinKernelEvents(read(event('ksoftirqd/0', reset, { pid })), scene);
    expect(said(eventOf(14))).toEqual(['client tcp_send_reset NO_SOCKET']);
    expect(eventOf(4712)).toEqual([]);
  });

  describe('a state change by a timer', () => {
    const IDLE = { pid: 0 };
    const change = (from: string, to: string, atMs: number, { pid = 0, softirq = true } = {}): string => {
      const line = event(
        'any',
        `inet_sock_set_state: family=AF_INET protocol=IPPROTO_TCP sport=41000 dport=8888 saddr=192.0.2.1 ` +
          `daddr=192.0.2.2 saddrv6=::ffff:192.0.2.1 daddrv6=::ffff:192.0.2.2 oldstate=TCP_${from} newstate=TCP_${to}`,
        { pid, atMs },
      );
      return softirq ? line : line.replace('..s1.', '.....');
    };
    const fields = (
      skaddr: string,
      from: number,
      to: number,
      atMs: number,
      { pid = 0, softirq = true } = {},
    ): string => {
      const line = event(
        'any',
        `inet_sock_set_state: skaddr=${skaddr} (-1) oldstate=0x${from.toString(16)} (${String(from)}) ` +
          `newstate=0x${to.toString(16)} (${String(to)}) sport=0xa028 (41000) dport=0x22b8 (8888) family=0x2 (2)`,
        { pid, atMs },
      );
      return softirq ? line : line.replace('..s1.', '.....');
    };
    const OURS = { pid: 4711, softirq: false };
    const THEIRS = { pid: 99, softirq: false };
    const stated = (text: string, sockets: string) =>
      said(joinKernelEvents(withSockets(read(text), read(sockets)), SCENE));
    const opened = change('CLOSE', 'SYN_SENT', 1000, OURS);
    const openedAt = fields('0xff1', 7, 2, 1000.001, OURS);
    const ended = change('SYN_SENT', 'CLOSE', 1100);

    test('is told of a socket that is known', () => {
      expect(stated(opened + ended, openedAt + fields('0xff1', 2, 7, 1100.001))).toEqual([
        'client CLOSE>SYN_SENT',
        'client SYN_SENT>CLOSE',
      ]);
    });

    test('not of another with the same addresses, whoever was interrupted by it', () => {
      for (const pid of [0, 14, 4711]) {
        const text = change('CLOSE', 'SYN_SENT', 999, THEIRS) + opened + change('SYN_SENT', 'CLOSE', 1100, { pid });
        const sockets = fields('0xff2', 7, 2, 999.001, THEIRS) + openedAt + fields('0xff2', 2, 7, 1100.001, { pid });
        expect(stated(text, sockets)).toEqual(['client CLOSE>SYN_SENT']);
      }
    });

    test('nor right after a packet of the lab’s, in the same soft interrupt', () => {
      const lookup =
        'fib_table_lookup: table 254 oif 0 iif 200001 proto 0 192.0.2.2/0 -> 192.0.2.1/0 tos 0 scope 0 flags 0 ';
      const timer = 'timer_expire_entry: timer=01 function=tcp_write_timer now=1 baseclk=1';
      const before = event('any', lookup, { ...IDLE, atMs: 1099 }) + event('any', timer, { ...IDLE, atMs: 1099.9 });
      expect(stated(opened + before + ended, openedAt + fields('0xff2', 2, 7, 1100.001))).toEqual([
        'client CLOSE>SYN_SENT',
      ]);
    });

    test('nor where its socket cannot be told, or may be another’s since something was lost', () => {
      const lost = 'CPU:0 [LOST 5 EVENTS]\n';
      expect(stated(opened + ended, openedAt)).toEqual(['client CLOSE>SYN_SENT']);
      expect(stated(opened + ended, openedAt + lost + fields('0xff1', 2, 7, 1100.001))).toEqual([
        'client CLOSE>SYN_SENT',
      ]);
    });

    test('a socket at the address of one that has ended is another', () => {
      const reopened = change('CLOSE', 'SYN_SENT', 1200, THEIRS) + change('SYN_SENT', 'CLOSE', 1300);
      const sockets = fields('0xff1', 2, 7, 1100.001) + fields('0xff1', 7, 2, 1200.001, THEIRS);
      expect(stated(opened + ended + reopened, openedAt + sockets + fields('0xff1', 2, 7, 1300.001))).toHaveLength(2);
    });
  });

  test('a retransmission is of the lab whose capture has seen it', () => {
    const text =
      '  <idle>-0  [000] ..s1.  10.000100: tcp_retransmit_synack: family=AF_INET sport=8888 dport=41000 ' +
      'saddr=192.0.2.2 daddr=192.0.2.1 saddrv6=::ffff:192.0.2.2 daddrv6=::ffff:192.0.2.1\n';
    const first = observed(9000, 'server', 'kernel', 'S.');
    const again = observed(10_000.2, 'server', 'kernel', 'S.');
    const saidBy = (lines: string, ...packets: ObservedPacket[]) =>
      said(joinKernelEvents(read(lines), { ...SCENE, packets }));
    expect(saidBy(text, first, again)).toEqual(['server tcp_retransmit_synack -']);
    expect(saidBy(text + text, first, again)).toHaveLength(1);
    expect(saidBy(text, again)).toEqual([]);
    expect(saidBy(text)).toEqual([]);
  });
});

describe('in the midst of what others do', () => {
  const [CLIENT, SERVER] = [200001, 200002];
  const KSOFTIRQD = { name: 'ksoftirqd/0', pid: 14 };
  const NODE = { name: 'node', pid: 4711 };

  /** Its lines, a hundredth of a millisecond apart, from the time given on. */
  const trace = (by: { name: string; pid: number }, atMs: number, ...bodies: string[]): string =>
    bodies.map((body, i) => event(by.name, body, { pid: by.pid, atMs: atMs + i / 100 })).join('');
  const lookup = (link: number) => {
    const [src, dst] = link === SERVER ? ['192.0.2.1', '192.0.2.2'] : ['192.0.2.2', '192.0.2.1'];
    return `fib_table_lookup: table 254 oif 0 iif ${String(link)} proto 0 ${src}/0 -> ${dst}/0 tos 0 scope 0 flags 0 ==> dev eth0`;
  };
  const reset = (skb: number, src = '192.0.2.1:41000', dest = '192.0.2.2:8888') =>
    `tcp_send_reset: skbaddr=0${String(skb)} skaddr=00 src=${src} dest=${dest} state=UNKNOWN reason=NO_SOCKET`;
  const drop = (skb: number, reason = 'NO_SOCKET') =>
    `kfree_skb: skbaddr=0${String(skb)} rx_sk=00 protocol=2048 location=tcp_v4_rcv+0x91/0x13f0 reason: ${reason}`;
  const FOREIGN = [reset(7, '127.0.0.1:1', '127.0.0.1:50000'), drop(7)];
  const OURS = ['client tcp_send_reset NO_SOCKET', 'client kfree_skb NO_SOCKET'];
  const joined = (text: string, scene: Partial<TraceScene> = {}) =>
    joinKernelEvents(read(text), { ...SCENE, ...scene });

  test('what comes in elsewhere in the same soft interrupt is nobody’s here', () => {
    const text = trace(
      KSOFTIRQD,
      1000,
      lookup(SERVER),
      ...FOREIGN,
      ...FOREIGN,
      lookup(CLIENT),
      reset(8),
      drop(8),
      drop(9),
    );
    expect(said(joined(text))).toEqual(OURS);
  });

  test('a soft interrupt does not last: a later one of the same thread is another', () => {
    const text = trace(KSOFTIRQD, 1000, lookup(CLIENT)) + trace(KSOFTIRQD, 1100, drop(8), reset(9), drop(9));
    expect(joined(text)).toEqual([]);
  });

  test('after a loss it is not known about what a processor speaks, until it begins with something else', () => {
    const lost = 'CPU:0 [LOST 9907 EVENTS]\n';
    const text = trace(NODE, 1000, lookup(CLIENT)) + lost + trace(NODE, 1001, reset(8), drop(8));
    expect(joined(text)).toEqual([]);
    expect(said(joined(text + trace(NODE, 1002, lookup(CLIENT), reset(9), drop(9))))).toEqual(OURS);
  });

  test('no RST that another lab answered with is taken, whose look-up was not seen', () => {
    const text = trace(KSOFTIRQD, 1000, reset(8), drop(8));
    expect(joined(text)).toEqual([]);
    expect(joined(text, { packets: [observed(990, 'server', 'kernel', 'S.')] })).toEqual([]);
  });

  test('a RST whose end was lost lends its flow to no later drop', () => {
    const text =
      trace(NODE, 1000, lookup(CLIENT), reset(8)) + trace(NODE, 1050, lookup(SERVER), drop(9, 'NETFILTER_DROP'));
    expect(joined(text).at(-1)).toMatchObject({ host: 'server', src: '192.0.2.1', dst: '192.0.2.2' });
  });

  test('an IPv6 listener names the IPv4 address of what came in as its own kind does', () => {
    const text = trace(NODE, 1000, lookup(SERVER), reset(8, '[::ffff:192.0.2.2]:8888', '[::ffff:192.0.2.1]:41000'));
    expect(joined(text)).toMatchObject([{ host: 'server', src: '192.0.2.2', dst: '192.0.2.1' }]);
  });

  describe('dropped before its route is looked up', () => {
    const SYN = observed(999.99, 'client', 'rawshake', 'S');
    const SYN_ACK = observed(1000.01, 'server', 'kernel', 'S.');
    const TO_CLIENT = { src: '192.0.2.2', srcPort: 8888, dst: '192.0.2.1', dstPort: 41000 };
    const TO_SERVER = { src: '192.0.2.1', srcPort: 41000, dst: '192.0.2.2', dstPort: 8888 };
    const filtered = drop(8, 'NETFILTER_DROP');

    test('the answer to what has come in, at the other host', () => {
      const text = trace(NODE, 1000, lookup(SERVER), 'x: ', filtered);
      expect(joined(text, { packets: [SYN, SYN_ACK] })).toMatchObject([{ host: 'client', ...TO_CLIENT }]);
    });

    test('what has come in itself, where it was looked up', () => {
      const text = trace(NODE, 1000, lookup(SERVER), filtered);
      expect(joined(text, { packets: [SYN] })).toMatchObject([{ host: 'server', src: TO_SERVER.src }]);
    });

    test('what a process of ours has just sent', () => {
      const text = trace(NODE, 1000, filtered);
      expect(joined(text, { packets: [SYN] })).toMatchObject([{ host: 'server', ...TO_SERVER }]);
    });

    test.each([
      ['by another program', trace({ name: 'curl', pid: 99 }, 1000, filtered), SYN],
      ['by whoever is interrupted', trace(KSOFTIRQD, 1000, filtered), SYN],
      ['at another time', trace(NODE, 1005, filtered), SYN],
      ['before it was sent', trace(NODE, 1000, filtered), observed(1001, 'client', 'rawshake', 'S')],
    ])('nothing %s', (_, text, packet) => {
      expect(joined(text, { packets: [packet] })).toEqual([]);
    });
  });
});

const comparable = ({ host, event, reason, newState, src, dst }: KernelEvent) => [
  ...[host, event, reason, newState, src, dst],
];

describe('older kernels say less', () => {
  test('6.8: no RST of what has no socket, but the segment that it answers, with its reason and stack', () => {
    const events = joinKernelEvents(read(fixture('linux-6.8.txt')), SCENE);
    expect(said(events)).toEqual([
      'server CLOSE>LISTEN',
      'client kfree_skb NO_SOCKET',
      'server tcp_send_reset -',
      'server kfree_skb NOT_SPECIFIED',
    ]);
    expect(events[1]).toMatchObject({ function: 'tcp_v4_rcv', src: '192.0.2.2', dst: '192.0.2.1' });
    expect(events[1]?.stack).toContain('tcp_v4_rcv');
    expect(events[2]).toMatchObject({ src: '192.0.2.2', srcPort: 8888, dst: '192.0.2.1' });
  });

  test('5.10: the RST of the listener, without a reason', () => {
    const events = joinKernelEvents(read(fixture('linux-5.10.txt')), SCENE);
    expect(said(events)).toEqual(['server CLOSE>LISTEN', 'server tcp_send_reset -']);
    expect(events[1]).toMatchObject({ src: '192.0.2.2', srcPort: 8888, dst: '192.0.2.1' });
  });
});

describe('the plan', () => {
  const kernel = (version: string) => (event: string) => {
    const [, name = ''] = event.split('/');
    if (name === 'tcp_send_reset' || name === 'kfree_skb') return fixture(`linux-${version}-${name}.format`);
    return version === '6.18' || name !== 'tcp_bad_csum' ? `name: ${name}\n` : undefined;
  };
  const filesOf = ({ writes }: TracePlan) => new Map(writes.map(({ file, text }) => [file, text]));
  const written = (version: string) => filesOf(planTrace(kernel(version)));
  const otherwise = (version: string) =>
    new Map(planTrace(kernel(version)).writes.map(({ file, otherwise }) => [file, otherwise]));
  const missing = (version: string) => planTrace(kernel(version)).missing.map(({ en }) => en);

  test('the format file tells fields and the numbers of reasons', () => {
    const { fields, reasons } = parseFormat(fixture('linux-6.18-kfree_skb.format'));
    expect(fields.get('reason')).toBe('enum skb_drop_reason');
    expect(reasons.get('NO_SOCKET')).toBe(3);
    expect(reasons.get('NETFILTER_DROP')).toBe(12);
    expect(parseFormat(fixture('linux-6.8-kfree_skb.format')).reasons.get('NETFILTER_DROP')).toBe(8);
    expect(parseFormat(fixture('linux-6.18-tcp_send_reset.format')).fields.get('saddr')).toBe('__u8[28]');
  });

  test('6.18: everything, filtered in the kernel by its own numbers', () => {
    expect(missing('6.18')).toEqual([]);
    const files = written('6.18');
    expect(files.get('trace_clock')).toBe('mono');
    expect(files.get('events/skb/kfree_skb/filter')).toMatch(
      /^reason == 3 &&[^|]* \|\| reason == 10 \|\| reason == 12 \|\| /,
    );
    expect(files.get('events/tcp/tcp_send_reset/trigger')).toBe('stacktrace');
    expect(files.has('events/skb/kfree_skb/trigger')).toBe(false);
  });

  test('6.8: the stack is that of the segment; what lacks is said', () => {
    const files = written('6.8');
    expect(otherwise('6.8').get('events/skb/kfree_skb/filter')).toBe('reason == 3 || reason == 5 || reason == 8');
    expect(files.get('events/skb/kfree_skb/trigger')).toBe('stacktrace if reason == 3');
    expect(files.has('events/tcp/tcp_send_reset/trigger')).toBe(false);
    expect(missing('6.8').map((text) => text.split('(')[1])).toEqual([
      'tcp_send_reset tells since Linux 6.10)',
      'tcp_bad_csum, since Linux 6.3)',
    ]);
  });

  test('5.10: no drop is asked for, for without reasons it says nothing', () => {
    expect(written('5.10').has('events/skb/kfree_skb/enable')).toBe(false);
    expect(missing('5.10')).toHaveLength(3);
  });

  test('sockets by port', () => {
    const files = filesOf(planTrace(kernel('6.18'), { ports: [8888, 9] }));
    expect(files.get('events/tcp/tcp_receive_reset/filter')).toBe(
      'sport == 8888 || dport == 8888 || sport == 9 || dport == 9',
    );
    expect(files.get('events/sock/inet_sock_set_state/filter')).toBe(
      'protocol == 6 && (sport == 8888 || dport == 8888 || sport == 9 || dport == 9)',
    );
  });

  test('a filter is in force before its event', () => {
    const order = planTrace(kernel('6.18')).writes.map(({ file }) => file);
    for (const file of order.filter((name) => name.endsWith('/filter') || name.endsWith('/trigger'))) {
      expect(order.indexOf(file)).toBeLessThan(order.indexOf(file.replace(/\/\w+$/, '/enable')));
    }
  });
});

describe('system calls', () => {
  const TEXT = [
    '  nc-17137   [000] ..... 1.016682: sys_socket(family: 2, type: 0x801, protocol: 6)',
    '  sh-99      [001] ..... 1.016690: sys_socket(family: 1, type: 1, protocol: 0)',
    '  nc-17137   [000] ..... 1.016700: sys_socket -> 0x3',
    '  nc-17137   [000] ..... 1.016706: sys_connect(fd: 3, uservaddr: 0x561b45a33af0, addrlen: 0x10)',
    '  nc-17137   [000] ..... 1.016774: sys_connect -> 0xffffffffffffff8d',
    '  nc-17137   [000] ..... 1.016780: sys_accept4(fd: 3, upeer_sockaddr: 0, upeer_addrlen: 0, flags: 0x80000)',
    '',
  ].join('\n');

  test('entry and return together, of the processes asked for; one that has not returned has no result', () => {
    const calls = systemCalls(read(TEXT), [17137]);
    expect(calls.map(({ name, result }) => [name, result])).toEqual([
      ['socket', 3],
      ['connect', -115],
      ['accept4', undefined],
    ]);
    expect(calls[0]).toMatchObject({ program: 'nc', args: { family: '0x2', type: '0x801', protocol: '0x6' } });
  });
});

test('what several runs lack is said once, and of what was lost the total', () => {
  const same = { en: 'why', zh: 'why' };
  const lost = (count: number) => ({ en: `${String(count)} events`, zh: String(count), lostSoFar: count });
  expect(missingFromAny([[same], [same, lost(5)], [lost(9907), same], []])).toEqual([same, lost(9907)]);
});
