import { describe, expect, test } from 'vitest';
import { diagnose, Diagnosis } from '../../src/diagnosis/diagnosis.js';
import { handshakeRecording } from '../../src/evidence/recording.js';
import { compare } from '../../src/lab/compare.js';
import { runHandshake } from '../../src/lab/handshake.js';
import { iptables } from '../../src/lab/remedies/iptables.js';
import { REMEDIES } from '../../src/lab/remedies/index.js';
import { none } from '../../src/lab/remedies/none.js';
import type { Remedy } from '../../src/lab/remedies/remedy.js';
import type { HandshakeRun } from '../../src/evidence/run.js';
import { eventsOfPackets } from '../../src/report/events-of-packets.js';
import { loadRawSocket } from '../../src/linux/port/raw-socket-module.js';
import { formatFlags } from '../../src/wire/index.js';
import { TRACING } from '../support/root.js';

const transports = 'module' in loadRawSocket() ? (['libc', 'raw-socket'] as const) : (['libc'] as const);

/** `S client rawshake`: what passed the link, in order. */
const passed = (run: HandshakeRun): string[] =>
  run.packets.map(({ segment, from, sender }) => `${formatFlags(segment.flags)} ${from} ${sender}`);

const owners = (run: HandshakeRun, host: 'client' | 'server'): string[] =>
  run.lookups.filter((lookup) => lookup.host === host).map(({ owner }) => owner);

describe.each(transports)('over %s', (transport) => {
  describe.each([4, 6] as const)('IPv%i', (family) => {
    test('without a filter the own kernel resets the handshake', async () => {
      const run = await runHandshake({ remedy: none, family, transport, data: 'hello' });
      expect(run).toMatchObject({ observed: 'reset-by-own-kernel', transport, family, rule: null });
      expect(passed(run)).toEqual([
        'S client rawshake',
        'S. server kernel',
        'R client kernel',
        '. client rawshake',
        'R server kernel',
      ]);
      expect(run.client.states).toEqual(['SYN_SENT', 'ESTABLISHED', 'CLOSE']);
      expect(run.server).toEqual({ accepted: false, received: '', states: ['LISTEN'] });
      const recording = handshakeRecording(run, { dataArrived: false });
      const diagnosis = new Diagnosis(recording.subject);
      const told = recording.moments.flatMap((moment) => diagnosis.see(moment));
      const findings = diagnose(recording);
      expect([...told, ...diagnosis.end(recording.ending)]).toEqual(findings);
      expect(findings).toMatchObject([{ id: 'own-kernel-reset', host: 'client', flow: run.flow }]);
    });

    test("the kernel's RST leaves with the numbers of RFC 9293 §3.10.7.1, before our ACK", async () => {
      const { packets } = await runHandshake({ remedy: none, family, transport, data: 'hello' });
      const [, synAck, reset, ack] = packets;
      expect(reset?.segment.seq).toBe(synAck?.segment.ack);
      expect(reset?.at).toBeLessThan(ack?.at ?? 0);
    });

    test('behind the filter the same program completes it, and the data arrives', async () => {
      const run = await runHandshake({ remedy: iptables, family, transport, data: 'hello, 世界' });
      expect(run.observed).toBe('established');
      expect(run.server).toMatchObject({ accepted: true, received: 'hello, 世界' });
      expect(run.server.states.slice(0, 3)).toEqual(['LISTEN', 'SYN_RECV', 'ESTABLISHED']);
      expect(run.server.states.at(-1)).toBe('CLOSE');
      expect(passed(run).slice(0, 3)).toEqual(['S client rawshake', 'S. server kernel', '. client rawshake']);
      expect(passed(run).filter((line) => line.includes('R'))).toEqual([]);
    });

    test('the rule has dropped one RST for each segment of the server', async () => {
      const run = await runHandshake({ remedy: iptables, family, transport, data: 'hello' });
      expect(run.rule?.packets).toBe(run.packets.filter(({ from }) => from === 'server').length);
      expect(run.rule?.bytes).toBe((run.rule?.packets ?? 0) * (family === 4 ? 40 : 60));
    });

    test('whatever the remedy, no socket of the client owns the four-tuple', async () => {
      for (const remedy of [none, iptables]) {
        const run = await runHandshake({ remedy, family, transport, data: 'hello' });
        expect(new Set(owners(run, 'client'))).toEqual(new Set(['none']));
      }
    });

    test('every packet has a sound checksum, and time only goes forward', async () => {
      const { packets } = await runHandshake({ remedy: iptables, family, transport, data: 'hello' });
      expect(packets.filter(({ segment }) => !segment.checksumOk)).toEqual([]);
      expect(packets.map(({ at }) => at)).toEqual(packets.map(({ at }) => at).sort((a, b) => a - b));
    });
  });
});

describe.each([4, 6] as const)('what the kernels said of it, IPv%i', (family) => {
  /** Without the identities of packets and sockets, and the times. */
  const said = ({ kernel }: HandshakeRun): string[] =>
    kernel.map(({ host, event, reason, newState }) => `${host} ${event} ${reason ?? newState ?? ''}`);
  const count = (run: HandshakeRun, line: string): number => said(run).filter((other) => other === line).length;
  const NO_SOCKET = 'client tcp_send_reset NO_SOCKET';
  const DROPPED = 'client kfree_skb NETFILTER_DROP';

  test.runIf(TRACING)('without and behind the filter, in one trace', async () => {
    const [reset, filtered] = await compare({ families: [family] });
    if (reset === undefined || filtered === undefined) throw new Error('two runs');
    expect(reset.missing).toEqual([]);
    expect([count(reset, NO_SOCKET), count(reset, DROPPED)]).toEqual([1, 0]);
    expect(count(reset, 'server tcp_send_reset TCP_FLAGS')).toBe(1);
    expect(count(filtered, NO_SOCKET)).toBe(filtered.rule?.packets);
    expect(count(filtered, DROPPED)).toBe(filtered.rule?.packets);
    expect(said(filtered)).toContain('server inet_sock_set_state ESTABLISHED');
    expect(said(reset)).not.toContain('server inet_sock_set_state ESTABLISHED');
  });

  test.runIf(TRACING)(
    'what is dropped at the door of the client is dropped by the client, each segment of the server',
    async () => {
      const [run] = await compare({ families: [family], remedies: ['ingress'] });
      const { src, srcPort, dst, dstPort } = run?.flow ?? {};
      const { packets = [], kernel = [] } = run ?? {};
      const [first, ...more] = kernel.filter(({ reason }) => reason === 'NETFILTER_DROP');
      expect(first).toMatchObject({ host: 'client', src: dst, srcPort: dstPort, dst: src, dstPort: srcPort });
      expect(new Set(more.map(({ host }) => host))).not.toContain('server');
      const [synAck] =
        [...eventsOfPackets(packets, kernel)].find(([, events]) => events.some((event) => event === first)) ?? [];
      expect(synAck).toBe(packets.find(({ from }) => from === 'server'));
    },
  );

  test('the sockets before, during and after, and the counters', async () => {
    const [reset, filtered] = await compare({ families: [family] });
    const of = (run: HandshakeRun | undefined, host: string) =>
      run?.sockets
        .filter((table) => table.host === host)
        .map(({ when, rows }) => [when, rows.map(({ state }) => state)]);
    expect(of(reset, 'client')).toEqual([['before', []], ['during', []], ['after', []]]); // prettier-ignore
    expect(of(reset, 'server')?.[1]).toEqual(['during', ['LISTEN']]);
    expect(of(filtered, 'server')?.[1]).toEqual(['during', ['LISTEN', 'ESTABLISHED']]);
    expect(reset?.counters.client).toMatchObject({ TcpOutRsts: 1 });
    expect(reset?.counters.server).toMatchObject({ TcpExtEmbryonicRsts: 1 });
    expect(filtered?.counters.server).toMatchObject({ TcpPassiveOpens: 1 });
  });
});

test.runIf(TRACING)('two labs at the same time: each hears its own kernels only', async () => {
  const [none, filtered] = await Promise.all([
    compare({ remedies: ['none', 'none', 'none'] }),
    compare({ remedies: ['iptables', 'iptables', 'iptables'] }),
  ]);
  // The server's kernel sends one, too, where a FIN was repeated and acknowledged twice.
  const resets = (run: HandshakeRun) =>
    run.kernel.filter(({ event, host }) => event === 'tcp_send_reset' && host === 'client').length;
  expect(none.map(resets)).toEqual([1, 1, 1]);
  expect(filtered.map(resets)).toEqual(filtered.map(({ rule }) => rule?.packets));
});

test('without a trace a run says so, and all else is there', async () => {
  const run = await runHandshake({ remedy: none, family: 4, transport: 'auto', data: 'hello' });
  expect(run).toMatchObject({ observed: 'reset-by-own-kernel', kernel: [] });
  expect(run.missing).toHaveLength(1);
});

describe('a world made wrong is noticed', () => {
  const mistaken = (change: Partial<Remedy>): Remedy => ({ ...iptables, ...change });

  test('a filter that was never installed', async () => {
    const run = await runHandshake({
      remedy: mistaken({ apply: () => undefined }),
      family: 4,
      transport: 'auto',
      data: 'x',
    });
    expect(run.observed).toBe('reset-by-own-kernel');
    expect(run.observed).not.toBe(run.expected);
  });

  test('a filter for another port', async () => {
    const remedy = mistaken({
      apply: (host, flow, leases) => iptables.apply(host, { ...flow, srcPort: 41001 }, leases),
    });
    const run = await runHandshake({ remedy, family: 4, transport: 'auto', data: 'x' });
    expect(run.observed).toBe('reset-by-own-kernel');
    expect(run.rule?.packets).toBe(0);
  });

  test('a filter where none was expected', async () => {
    const run = await runHandshake({
      remedy: { ...iptables, expected: none.expected },
      family: 4,
      transport: 'auto',
      data: 'x',
    });
    expect(run.observed).toBe('established');
    expect(run.observed).not.toBe(run.expected);
  });
});

describe('compare', () => {
  test('by default one run without and one with the filter, told of one by one', async () => {
    const told: string[] = [];
    const runs = await compare({ onRun: ({ remedy }) => told.push(remedy) });
    expect(runs.map(({ remedy, family }) => `${remedy} ${family}`)).toEqual(['none 4', 'iptables 4']);
    expect(told).toEqual(['none', 'iptables']);
  });

  test('any port and any data, also much and also none', async () => {
    const data = 'x'.repeat(200_000);
    const [large] = await compare({ remedies: ['iptables'], serverPort: 1, data });
    expect(large?.observed).toBe('established');
    expect(large?.server.received).toBe(data);
    const [empty] = await compare({ remedies: ['iptables'], data: '' });
    expect(empty).toMatchObject({ observed: 'established', server: { accepted: true, received: '' } });
  });

  test('an AbortSignal ends it with a code', async () => {
    const controller = new AbortController();
    const running = compare({ families: [4, 6], signal: controller.signal, onRun: () => controller.abort() });
    await expect(running).rejects.toMatchObject({ code: 'RS_INTERRUPTED' });
  });
});

describe('the server made by hand', () => {
  describe.each([4, 6] as const)('IPv%i', (family) => {
    test('without a filter the client is refused by the kernel that answers first', async () => {
      const run = await runHandshake({ remedy: none, role: 'server', family, transport: 'auto', data: 'hello' });
      expect(run).toMatchObject({ observed: 'reset-by-own-kernel', role: 'server', server: { accepted: false } });
      expect(passed(run)).toEqual(['S client kernel', 'R. server kernel', 'S. server rawshake', 'R client kernel']);
      expect(run.client.states).not.toContain('ESTABLISHED');
    });

    test('behind the filter an ordinary client connects to a port on which nothing listens', async () => {
      const run = await runHandshake({ remedy: iptables, role: 'server', family, transport: 'auto', data: 'hello' });
      expect(run).toMatchObject({ observed: 'established', server: { accepted: true, received: 'hello' } });
      expect(run.client.states).toContain('ESTABLISHED');
      expect(run.server.states.slice(0, 3)).toEqual(['SYN_RECV', 'ESTABLISHED', 'CLOSE_WAIT']);
      expect(new Set(owners(run, 'server'))).toEqual(new Set(['none']));
      expect(passed(run).filter((line) => line.includes('R'))).toEqual([]);
      expect(run.rule?.packets).toBeGreaterThan(0);
    });
  });
});

describe.each([4, 6] as const)('the other remedies, IPv%i', (family) => {
  test.each(['nft', 'ingress', 'spare-address', 'adopt', 'dummy-bind'] as const)(
    '%s does what it promises',
    async (id) => {
      const run = await runHandshake({ remedy: REMEDIES[id], family, transport: 'auto', data: 'hello' });
      expect(run.observed).toBe(REMEDIES[id].expected);
      const resets = passed(run).filter((line) => line.includes('R') && line.includes('client kernel'));
      expect(resets).toHaveLength(id === 'dummy-bind' ? 1 : 0);
      expect(run.server.received).toBe(id === 'dummy-bind' ? '' : 'hello');
    },
  );

  test('spare-address needs no rule, and the server sees the spare address', async () => {
    const run = await runHandshake({ remedy: REMEDIES['spare-address'], family, transport: 'auto', data: 'hello' });
    expect(run.rule).toBeNull();
    expect(run.flow.src).toBe(family === 4 ? '192.0.2.3' : '2001:db8::3');
  });

  test('ingress hides every segment of the server from the kernel', async () => {
    const run = await runHandshake({ remedy: REMEDIES.ingress, family, transport: 'auto', data: 'hello' });
    const fromServer = run.packets.filter(({ from }) => from === 'server').length;
    expect(run.rule).toMatchObject({ drops: 'segments', packets: fromServer });
  });

  test.each(['nft', 'spare-address', 'ingress', 'adopt'] as const)('%s cures a hand-made server too', async (id) => {
    const run = await runHandshake({ remedy: REMEDIES[id], role: 'server', family, transport: 'auto', data: 'hello' });
    expect(run).toMatchObject({ observed: 'established', server: { received: 'hello' } });
  });

  test.each(['client', 'server'] as const)(
    'adopt: the rule covers the handshake, then the %s is a kernel',
    async (role) => {
      const run = await runHandshake({ remedy: REMEDIES.adopt, role, family, transport: 'auto', data: 'hello, 世界' });
      expect(run).toMatchObject({ observed: 'established', server: { accepted: true, received: 'hello, 世界' } });
      expect(owners(run, role)).toContain('ESTABLISHED');
      const { adoptedAt = NaN, rule } = run;
      expect(rule?.afterHandshakeMs).toBeGreaterThan(0);
      // The rule has dropped one RST for each segment that came when nobody owned it, and none after.
      const peer = role === 'client' ? 'server' : 'client';
      const unowned = run.packets.filter(({ from, at }) => from === peer && at < adoptedAt);
      expect(rule?.packets).toBe(unowned.length);
      // Whatever the hand-made side sends from then on, its FIN too, its kernel sends.
      const own = run.packets.filter(({ from }) => from === role);
      const senders = own.map(({ sender, at }) => [sender, at < adoptedAt]);
      expect(senders).toEqual(own.map(({ at }) => (at < adoptedAt ? ['rawshake', true] : ['kernel', false])));
      expect(own.some(({ sender, segment }) => sender === 'kernel' && formatFlags(segment.flags).includes('F'))).toBe(
        true,
      );
      expect(passed(run).filter((line) => line.includes('R'))).toEqual([]);
      expect(run[role].states.slice(0, 2)).toEqual([role === 'client' ? 'SYN_SENT' : 'SYN_RECV', 'ESTABLISHED']);
      expect(run[role].states.at(-1)).toBe(role === 'client' ? 'TIME_WAIT' : 'CLOSE');
    },
  );
});
