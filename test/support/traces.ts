/** What a run could leave behind on a machine: processes, network namespaces, links, rules. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { runCommand } from '../../src/linux/process/command.js';

const processes = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** Processes come and go while they are looked at, and those of other users are not ours to read. */
export function orNothing<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return [];
    throw error;
  }
}

/** Process ids whose environment holds `entry` (`NAME=value`): a program and all its children. */
export const processesWith = (entry: string): string[] =>
  processes().filter((pid) =>
    orNothing(() => readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')).includes(entry),
  );

/** The program that a process runs, and its first words. */
export const commandOf = (pid: string): string =>
  orNothing(() => [readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')])
    .flatMap(([program = '', ...words]) => [program, ...words.filter((word) => !word.includes('\n')).slice(0, 4)])
    .join(' ');

/** What a process has open: paths, or what the kernel calls it. */
export const descriptorsOf = (pid: number | string): string[] =>
  orNothing(() =>
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => orNothing(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)])),
  );

/** Where a process has network namespaces, by the links that name them. */
const namespacesOf = (pid: string): ReadonlyMap<string, string> =>
  new Map(
    [`/proc/${pid}/ns/net`, ...orNothing(() => readdirSync(`/proc/${pid}/fd`)).map((fd) => `/proc/${pid}/fd/${fd}`)]
      .flatMap((path) => orNothing(() => [[readlinkSync(path), path] as const]))
      .filter(([link]) => link.startsWith('net:')),
  );

/** The network namespaces that a process has made, and where: those it holds, less the one that this test is in. */
export function namespacePathsMadeBy(pid: number): [name: string, path: string][] {
  const own = readlinkSync('/proc/self/ns/net');
  return [...namespacesOf(String(pid))].filter(([link]) => link !== own);
}

export const namespacesMadeBy = (pid: number): string[] => namespacePathsMadeBy(pid).map(([name]) => name);

/** Of these namespaces, those that some other process is still in or holds open. */
export function stillAlive(namespaces: readonly string[]): string[] {
  const others = processes().filter((pid) => pid !== String(process.pid));
  const alive = new Set(others.flatMap((pid) => [...namespacesOf(pid).keys()]));
  return namespaces.filter((namespace) => alive.has(namespace));
}

/** The trace instances of a process, which may have ended. */
export const traceInstancesOf = (pid: number): string[] =>
  orNothing(() => readdirSync('/sys/kernel/tracing/instances')).filter((name) => name.startsWith(`rawshake-${pid}-`));

/** Links and rules of the namespace that the test runs in. */
export const linksAndRules = (): string =>
  [runCommand(['ip', '-brief', 'link']), runCommand(['iptables-save']), runCommand(['ip6tables-save'])]
    .join('')
    .replace(/^#.*$/gm, '');

/** Whether a process has a handler for a signal: SigCgt of proc_pid_status(5). */
export function isCaught(pid: number, signal: NodeJS.Signals): boolean {
  const [, mask = '0'] = /^SigCgt:\s+([0-9a-f]+)$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return ((BigInt(`0x${mask}`) >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}
