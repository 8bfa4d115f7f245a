/** connect and listen as they stream, each in the namespace of a lab's host, and how much memory they take. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';

/** The program in a namespace, all three of its ends pipes of this process. */
export function startStreaming(netns: NetworkNamespace, args: readonly string[]): ChildProcess {
  const env = { ...process.env, LANG: 'C.UTF-8', LC_ALL: '', NO_COLOR: '1' };
  return spawn('nsenter', [`--net=${netns.path}`, process.execPath, 'bin/rawshake.js', ...args], { env });
}

/** The most memory that it has had in use, in bytes: VmHWM of proc_pid_status(5). It is still running. */
export function peakMemory({ pid = 0 }: ChildProcess): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
