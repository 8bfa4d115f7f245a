/** Who sent a packet of a host on which a foreign program runs: ten kinds of RST, each told right. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { kernelEvents } from '../../src/lab/kernel-evidence.js';
import { createLab } from '../../src/lab/lab.js';
import { ProgramTaps } from '../../src/lab/who-sent/program-taps.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import { Leases } from '../../src/linux/process/leases.js';
import { openKernelTrace } from '../../src/linux/trace/kernel-trace.js';
import { TcpFlag } from '../../src/wire/index.js';

const SCRIPT = fileURLToPath(new URL('../support/ten-resets.py', import.meta.url));

const told = ({ from, sender, program, sentFor }: ObservedPacket) =>
  [from, sender, program?.socket, program?.name, sentFor].filter((word) => word !== undefined).join(' ');

describe.each([4, 6] as const)('IPv%i', (family) => {
  const leases = new Leases();
  let withTrace: readonly ObservedPacket[] = [];
  let without: readonly ObservedPacket[] = [];
  let pid = 0;

  beforeAll(async () => {
    const lab = leases.add(createLab());
    const { client, server } = lab;
    const iptables = family === 4 ? 'iptables' : 'ip6tables';
    const reject = ['-p', 'tcp', '--dport', '1002', '-j', 'REJECT', '--reject-with', 'tcp-reset'];
    client.run([iptables, '-A', 'INPUT', ...reject]);
    server.run([iptables, '-A', 'OUTPUT', '-p', 'tcp', '--tcp-flags', 'RST', 'RST', '--dport', '1007', '-j', 'DROP']);
    setSysctls(client.netns, { 'net.ipv4.tcp_abort_on_overflow': 1 });
    const taps = new ProgramTaps(lab, leases);
    expect(taps.missing).toEqual([]);
    const trace = leases.add(openKernelTrace());
    const fromMs = trace.mark();
    const argv = [SCRIPT, String(family), client.address(family), server.address(family), server.netns.path];
    const program = client.netns.run(() => spawn('/usr/bin/python3', argv, { stdio: ['pipe', 'pipe', 'inherit'] }));
    const exited = once(program, 'exit');
    pid = program.pid ?? 0;
    await Promise.race([once(program.stdout, 'data'), exited]);
    expect(program.exitCode).toBeNull();
    without = taps.packets();
    const events = kernelEvents(trace, lab, { fromMs, packets: without, pids: [pid] });
    withTrace = taps.packets(events);
    program.stdin.end();
    await exited;
  });
  afterAll(() => {
    leases.close();
  });

  const resets = (packets: readonly ObservedPacket[], port: number): readonly string[] =>
    packets
      .filter(
        ({ segment: { flags, srcPort, dstPort } }) =>
          (flags & TcpFlag.RST) !== 0 && (srcPort === port || dstPort === port),
      )
      .map(told);

  const PROGRAMS: readonly (readonly [what: string, port: number, told: readonly string[]])[] = [
    ['closed with unread data', 1003, ['client program tcp python3']],
    ['SO_LINGER 0', 1004, ['client program tcp']],
    ['by a raw socket, both ways', 1008, ['client program raw', 'client program raw']],
    ['by AF_PACKET, with marks of its own', 1009, new Array<string>(4).fill('client program packet')],
  ];
  test.each(PROGRAMS)('%s', (_what, port, expected) => {
    // Of the one that is closed at once the name may come too late.
    const named = (words: string): string => (port === 1004 ? words.replace(' python3', '') : words);
    expect(resets(withTrace, port).map(named)).toEqual(expected);
    // The listener's own RSTs look the same in IPv6.
    const untold = family === 6 && port === 1003 ? ['client unknown'] : expected;
    expect(resets(without, port).map(named)).toEqual(untold);
  });

  const KERNELS: readonly (readonly [what: string, port: number, told: readonly string[]])[] = [
    ['to a closed port', 1001, ['client kernel nobody']],
    ['a rule that rejects', 1002, ['client kernel firewall']],
    ['data to an orphan', 1005, ['client kernel orphan']],
    ['a bad ACK to a listener', 1006, ['client kernel listener']],
    ['overflow of an accept queue', 1007, ['client kernel half-open']],
    ["the peer's", 1010, ['server kernel nobody']],
  ];
  test.each(KERNELS)('%s', (_what, port, expected) => {
    expect(resets(withTrace, port)).toEqual(expected);
    // Without the kernel's own words: only what is certain.
    const [whose = ''] = expected[0]?.split(' ') ?? [];
    const untold: Readonly<Record<number, string>> = {
      1006: 'unknown',
      1007: 'unknown',
      ...(family === 4 && { 1005: 'kernel orphan' }),
    };
    expect(resets(without, port)).toEqual([`${whose} ${untold[port] ?? 'kernel'}`]);
  });
});
