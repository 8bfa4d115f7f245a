/** A lab in which RSTs of ten kinds are made, again and again and mixed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Family } from '../../src/lab/addresses.js';
import { createLab, type Lab } from '../../src/lab/lab.js';
import { setSysctls } from '../../src/linux/namespace/sysctl.js';
import type { Leases } from '../../src/linux/process/leases.js';
import type { Flow } from '../../src/wire/flow.js';

const SCRIPT = fileURLToPath(new URL('many-resets.py', import.meta.url));

/** By port. */
const KINDS = [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010] as const;

/** Where the ports tell which of a kind it is. */
const FIRST_PORT = 20_000;

export interface ManyResets {
  readonly family: Family;
  readonly ofEach: number;
  readonly perSecond: number;
  readonly seed: number;
}

/** The client's kernel is to reject, and to reset what its accept queue cannot hold; the other's is to be silent about what is made by hand. */
export function labForResets(leases: Leases, family: Family): Lab {
  const lab = leases.add(createLab());
  const { client, server } = lab;
  const iptables = family === 4 ? 'iptables' : 'ip6tables';
  client.run([iptables, ...'-A INPUT -p tcp --dport 1002 -j REJECT --reject-with tcp-reset'.split(' ')]);
  server.run([iptables, ...'-A OUTPUT -p tcp --tcp-flags RST RST --dport 1007 -j DROP'.split(' ')]);
  setSysctls(client.netns, { 'net.ipv4.tcp_abort_on_overflow': 1 });
  return lab;
}

/** Until all have passed; `atEnd` then, while the program lives. */
export async function makeResets<T>(
  { client, server }: Lab,
  { family, ofEach, perSecond, seed }: ManyResets,
  atEnd: (pid: number) => T,
): Promise<T> {
  const ends = [client.address(family), server.address(family), server.netns.path];
  const argv = [SCRIPT, String(family), ...ends, ...[ofEach, perSecond, seed].map(String)];
  const program = client.netns.run(() => spawn('/usr/bin/python3', argv, { stdio: ['pipe', 'pipe', 'inherit'] }));
  const exited = once(program, 'exit');
  await Promise.race([once(program.stdout, 'data'), exited]);
  if (program.exitCode !== null) throw new Error(`the RSTs were not made: status ${String(program.exitCode)}`);
  try {
    return atEnd(program.pid ?? 0);
  } finally {
    program.stdin.end();
    await exited;
  }
}

/** Of which kind a RST is, and which of it; undefined: of none. */
function kindOf({ srcPort, dstPort }: Flow): { readonly port: number; readonly nth: number } | undefined {
  const port = KINDS.find((kind) => kind === srcPort || kind === dstPort);
  const nth = (port === srcPort ? dstPort : srcPort) - FIRST_PORT;
  return port === undefined || nth < 0 ? undefined : { port, nth };
}

/** RAWSHAKE_SEED repeats what has failed. */
export const resetSeed = (): number => Number(process.env['RAWSHAKE_SEED'] ?? Date.now() % 2 ** 31);

/** A RST, and in words who is said to have sent it. */
export interface ToldReset {
  readonly flow: Flow;
  readonly told: string;
}

/** By kind, all that would be true, the whole truth first; that it is unknown always is. */
export type Truth = Readonly<Record<number, readonly [whole: string, ...parts: string[]]>>;

/** How many were told of; which of them wrong, and of which less than there is to know. */
export function judged(resets: readonly ToldReset[], truth: Truth) {
  const [wrong, lessKnown]: [string[], string[]] = [[], []];
  let of = 0;
  for (const { flow, told } of resets) {
    const kind = kindOf(flow);
    const [whole, ...parts] = truth[kind?.port ?? 0] ?? [];
    if (kind === undefined) continue;
    of += 1;
    if (told === whole) continue;
    const isTrue = parts.includes(told) || told.endsWith('unknown');
    (isTrue ? lessKnown : wrong).push(`${String(kind.port)} ${String(kind.nth)}: ${told}`);
  }
  return { wrong, lessKnown, of };
}
