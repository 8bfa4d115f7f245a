import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KernelEvent } from '../../src/evidence/kernel-event.js';
import { systemCalls } from '../../src/evidence/trace/calls.js';
import { kernelEvents } from '../../src/lab/kernel-evidence.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { openPeer } from '../../src/lab/peer.js';
import { bindWithoutListening } from '../../src/linux/port/kernel-socket.js';
import { runCommand } from '../../src/linux/process/command.js';
import { type KernelTrace, openKernelTrace } from '../../src/linux/trace/kernel-trace.js';
import { traceInstancesOf } from '../support/traces.js';
import { emitPacket, type TcpInit } from '../../src/wire/index.js';
import { TRACING } from '../support/root.js';

const gone = (pid = 0): Promise<void> =>
  vi.waitFor(
    () => {
      expect(traceInstancesOf(pid)).toEqual([]);
    },
    { timeout: 10_000, interval: 10 },
  );

describe.runIf(TRACING)('an instance', () => {
  test('is there while it traces, on the monotonic clock, and gone when it is closed; twice is once', async () => {
    const trace = openKernelTrace();
    expect(trace.missing).toEqual([]);
    expect(trace.pid).toBe(process.pid);
    const [name = ''] = traceInstancesOf(process.pid);
    expect(readFileSync(`/sys/kernel/tracing/instances/${name}/trace_clock`, 'utf8')).toContain('[mono]');
    trace.close();
    trace.close();
    await gone(process.pid);
  });

  test('closed before it has come into force, it is gone all the same', async () => {
    openKernelTrace().close();
    await gone(process.pid);
  });

  const HOLD = `
    const { openKernelTrace } = await import('./dist/linux/trace/kernel-trace.js');
    const trace = openKernelTrace();
    console.log(trace.missing.length);
    setInterval(() => trace.recordsSince(0), 1);
  `;
  const holder = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', HOLD], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    expect(traceInstancesOf(child.pid ?? 0)).not.toEqual([]);
    return child;
  };

  test('is gone after SIGKILL', async () => {
    const child = await holder();
    child.kill('SIGKILL');
    await gone(child.pid ?? 0);
  });

  test('whose guard is killed too is removed by the next start', async () => {
    const child = await holder();
    const [instance = ''] = traceInstancesOf(child.pid ?? 0);
    process.kill(guardOf(instance), 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(traceInstancesOf(child.pid ?? 0)).not.toEqual([]);
    openKernelTrace().close();
    await gone(child.pid ?? 0);
    await gone(process.pid);
  });

  test('whose guard alone is killed is removed by its process', async () => {
    const trace = openKernelTrace();
    trace.mark();
    const [instance = ''] = traceInstancesOf(process.pid);
    process.kill(guardOf(instance), 'SIGKILL');
    await vi.waitFor(() => {
      expect(() => guardOf(instance)).toThrow();
    });
    trace.close();
    await gone(process.pid);
  });
});

/** The shell that has the instance's name among its words. */
function guardOf(instance: string): number {
  const pid = readdirSync('/proc').find(
    (name) =>
      /^\d+$/.test(name) && wordsOf(name).some((word) => word.split('\n').some((line) => line.endsWith(instance))),
  );
  if (pid === undefined) throw new Error(`no guard of ${instance}`);
  return Number(pid);
}

function wordsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

describe.runIf(TRACING).each([4, 6] as const)('what the kernels of a lab say, IPv%i', (family) => {
  let lab: Lab;
  let trace: KernelTrace;
  beforeEach(() => {
    trace = openKernelTrace();
    lab = createLab();
  });
  afterEach(async () => {
    lab.close();
    trace.close();
    await gone(process.pid);
  });

  /** A segment made by hand on the client; resolves when the server's RST is back, or at once where none is to come. */
  async function send(where: Lab, tcp: Omit<TcpInit, 'srcPort' | 'dstPort'>, answered = true): Promise<void> {
    const [src, dst] = [where.client.address(family), where.server.address(family)];
    const port = where.client.openPort('libc', { local: src, remote: dst });
    const answer = new Promise<void>((resolve) => {
      port.onPacket(() => {
        resolve();
      });
    });
    port.send(emitPacket({ ip: { version: family, src, dst }, tcp: { srcPort: 41000, dstPort: 8888, ...tcp } }));
    if (answered) await answer;
    port.close();
  }

  const told = (events: readonly KernelEvent[]): string[] =>
    events.map(({ host, event, reason, newState }) => `${host} ${event} ${reason ?? newState ?? ''}`.trim());

  test('a SYN to a closed port: NO_SOCKET, and the path from tcp_rcv to send_reset', async () => {
    const fromMs = trace.mark();
    await send(lab, { flags: 'S' });
    const events = kernelEvents(trace, lab, { fromMs });
    expect(told(events).slice(0, 2)).toEqual(['server tcp_send_reset NO_SOCKET', 'server kfree_skb NO_SOCKET']);
    const version = `v${String(family)}`;
    expect(events[0]?.stack?.slice(0, 2)).toEqual([`tcp_${version}_send_reset`, `tcp_${version}_rcv`]);
    expect(events[0]).toMatchObject({
      ...{ src: lab.server.address(family), srcPort: 8888, dst: lab.client.address(family), dstPort: 41000 },
      function: `tcp_${version}_rcv`,
    });
    expect(events[0]?.atMs).toBeGreaterThanOrEqual(fromMs);
  });

  test('a wrong checksum: TCP_CSUM, and no RST', async () => {
    const fromMs = trace.mark();
    await send(lab, { flags: 'S', checksum: 0x1234 }, false);
    const events = told(kernelEvents(trace, lab, { fromMs }));
    expect(events).toEqual(['server tcp_bad_csum', 'server kfree_skb TCP_CSUM']);
  });

  test('every state of a listener, and of the client that it accepts', async () => {
    const fromMs = trace.mark();
    const peer = await openPeer(lab.server, family, 8888);
    const ends = { srcPort: 41000, dstPort: 8888, src: lab.client.address(family), dst: lab.server.address(family) };
    const socket = lab.client.connect(ends);
    await once(socket, 'connect');
    const states = kernelEvents(trace, lab, { fromMs }).map(
      ({ host, oldState = '', newState = '' }) => `${host} ${oldState}>${newState}`,
    );
    expect(states).toEqual([
      'server CLOSE>LISTEN',
      'client CLOSE>SYN_SENT',
      'client SYN_SENT>ESTABLISHED',
      'server LISTEN>SYN_RECV',
      'server SYN_RECV>ESTABLISHED',
    ]);
    socket.destroy();
    peer.close();
  });

  test('another lab with the same addresses at the same time is not heard', async () => {
    const other = createLab();
    const fromMs = trace.mark();
    for (let i = 0; i < 10; i++) {
      await send(other, { flags: 'S' });
      if (i === 5) await send(lab, { flags: 'S' });
    }
    const resets = (where: Lab) =>
      kernelEvents(trace, where, { fromMs }).filter(({ event }) => event === 'tcp_send_reset').length;
    expect([resets(lab), resets(other)]).toEqual([1, 10]);
    other.close();
  });

  test('what was before the mark is not heard', async () => {
    await send(lab, { flags: 'S' });
    const fromMs = trace.mark();
    expect(kernelEvents(trace, lab, { fromMs })).toEqual([]);
  });
});

test.runIf(TRACING)('the system calls of a program: nc connects, and nobody listens', async () => {
  const trace = openKernelTrace();
  trace.watchCalls({ programs: ['nc'] });
  const fromMs = trace.mark();
  const nc = spawn('nc', ['-w', '1', '127.0.0.1', '1'], { stdio: 'ignore' });
  await once(nc, 'exit');
  const calls = systemCalls(trace.recordsSince(fromMs), [nc.pid ?? 0]).filter(({ args }) => args['family'] !== '0x1');
  expect(calls.map(({ name }) => name)).toContain('connect');
  expect(calls.map(({ name }) => name)).not.toContain('listen');
  expect(calls.every(({ result }) => result !== undefined)).toBe(true);
  trace.close();
  await gone(process.pid);
});

test.runIf(TRACING)('nothing is recorded in a pause, and all before and after it', async () => {
  const trace = openKernelTrace();
  const fromMs = trace.mark();
  trace.watchCalls({ pids: [process.pid] });
  const lab = createLab();
  const bind = (port: number): void => {
    bindWithoutListening(lab.client.netns, lab.client.address(4), port).close();
  };
  const binds = () => systemCalls(trace.recordsSince(fromMs), [process.pid]).filter(({ name }) => name === 'bind');
  bind(20_000);
  const before = binds().length;
  const pause = trace.pause();
  bind(20_001);
  expect(binds()).toHaveLength(before);
  pause.close();
  bind(20_002);
  expect(binds()).toHaveLength(before + 1);
  lab.close();
  trace.close();
  await gone(process.pid);
});

test.runIf(TRACING)(
  'what others send to nobody by UDP is left out by the kernel, and what they do by TCP is not',
  () => {
    const trace = openKernelTrace();
    const fromMs = trace.mark();
    runCommand(['bash', '-c', 'echo hello >/dev/udp/127.0.0.1/1; echo hello >/dev/tcp/127.0.0.1/1 || true']);
    const drops = trace
      .recordsSince(fromMs)
      .filter(({ event, text }) => event === 'kfree_skb' && text.includes('NO_SOCKET'));
    expect(drops.some(({ text }) => text.includes('tcp_v4_rcv'))).toBe(true);
    expect(drops.filter(({ text }) => text.includes('udp'))).toEqual([]);
    trace.close();
  },
);

test.runIf(TRACING)('more than the buffer holds: what is lost is counted and said', async () => {
  const trace = openKernelTrace();
  const fromMs = trace.mark();
  trace.watchCalls({ pids: [process.pid] });
  const [instance = ''] = traceInstancesOf(process.pid);
  writeFileSync(`/sys/kernel/tracing/instances/${instance}/buffer_size_kb`, '4');
  const lab = createLab();
  for (let i = 0; i < 500; i++) bindWithoutListening(lab.client.netns, lab.client.address(4), 20_000 + i).close();
  const calls = systemCalls(trace.recordsSince(fromMs), [process.pid]);
  expect(calls.length).toBeLessThan(1000);
  expect([trace.lostSince(fromMs), trace.lostSince(trace.mark())]).toEqual([true, false]);
  expect(trace.missing.map(({ en }) => en)).toEqual([expect.stringContaining('lost')]);
  lab.close();
  trace.close();
  await gone(process.pid);
});
