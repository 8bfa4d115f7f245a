/** What a user's own rules see of packets on a host that is observed: the same as without. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { createLab } from '../../src/lab/lab.js';
import type { LabHost } from '../../src/lab/host.js';
import { ProgramTaps } from '../../src/lab/who-sent/program-taps.js';
import { Leases } from '../../src/linux/process/leases.js';

const RULES = [
  ['mangle', 'OUTPUT', '-m', 'mark', '--mark', '5'],
  ['mangle', 'POSTROUTING', '-m', 'mark', '--mark', '5'],
  ['mangle', 'POSTROUTING', '-m', 'mark', '--mark', '0'],
  ['mangle', 'PREROUTING', '-m', 'mark', '--mark', '5'],
  ['mangle', 'PREROUTING', '-m', 'mark', '--mark', '0'],
  ['mangle', 'INPUT', '-m', 'mark', '!', '--mark', '0'],
].map(([table = '', chain = '', ...match]) => ['-t', table, '-A', chain, '-p', 'tcp', ...match]);

/** SYNs with and without a mark, to the other host and to itself, and a raw socket's; all are refused, or unanswered. */
const PROGRAM = `
import socket, sys
for to in (sys.argv[2], sys.argv[1]):
    for mark in (0, 5):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, 36, mark)
        try: s.connect((to, 7))
        except ConnectionRefusedError: pass
        r = socket.socket(socket.AF_INET, socket.SOCK_RAW, 6)
        r.setsockopt(socket.SOL_SOCKET, 36, mark)
        r.sendto(bytes.fromhex('0001000700000001000000005004000000000000'), (to, 0))
`;

function counted(observed: boolean): string {
  const leases = new Leases();
  try {
    const lab = leases.add(createLab());
    const { client, server } = lab;
    for (const rule of RULES) client.run(['iptables', ...rule]);
    if (observed) expect(new ProgramTaps(lab, leases).missing).toEqual([]);
    const argv = ['-c', PROGRAM, client.address(4), server.address(4)];
    const { status } = client.netns.run(() => spawnSync('python3', argv, { stdio: 'inherit' }));
    expect(status).toBe(0);
    return client.run(['iptables', '-t', 'mangle', '-nvxL']);
  } finally {
    leases.close();
  }
}

test('rules with marks count the same, on the way out and, over loopback, on the way in', () => {
  const without = counted(false);
  expect(without).toMatch(/^ +[1-9].*mark match 0x5/m);
  expect(counted(true)).toBe(without);
});

test('a flush of the ruleset by the user leaves it in force', () => {
  const leases = new Leases();
  try {
    const lab = leases.add(createLab());
    const taps = new ProgramTaps(lab, leases);
    const { client, server }: Record<'client' | 'server', LabHost> = lab;
    client.run(['nft', 'flush', 'ruleset']);
    const connect = `import socket\ntry: socket.create_connection(('${server.address(4)}', 7))\nexcept OSError: pass`;
    client.netns.run(() => spawnSync('python3', ['-c', connect], { stdio: 'inherit' }));
    const senders = taps.packets().map(({ from, sender, program }) => [from, sender, program?.socket]);
    expect(senders).toEqual([
      ['client', 'program', 'tcp'],
      ['server', 'kernel', undefined],
    ]);
  } finally {
    leases.close();
  }
});
