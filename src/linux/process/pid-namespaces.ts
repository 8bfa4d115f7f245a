/** Whether a PID namespace has ended with all that was in it. pid_namespaces(7), proc(5). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** PROC_PID_INIT_INO of `<linux/proc_ns.h>`. */
const INITIAL = 0xeffffffc;

/** Whether it is the one that all others are in: its /proc shows every process of the machine. */
export const isInitial = (pidNamespace: number): boolean => pidNamespace === INITIAL;

/** Whether /proc lists processes of others, too. proc(5), `hidepid`. */
export const isProcUnhidden = (): boolean =>
  !readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((mount) => mount.split(' ')[4] === '/proc' && mount.includes('hidepid='));

/**
 * Whether no process is in it, as seen from the initial one. The number of a namespace is given again, but while it lives
 * its process 1 does, whose id outside stays the same: a look through /proc cannot miss that, whatever starts and ends
 * meanwhile. A process that may not be looked into may be in it.
 */
export function lacksProcesses(pidNamespace: number): boolean {
  const link = `pid:[${String(pidNamespace)}]`;
  return readdirSync('/proc').every((pid) => !/^\d+$/.test(pid) || isElsewhere(pid, link));
}

function isElsewhere(pid: string, link: string): boolean {
  try {
    // Anybody may read of what depth it is: with one id it is in the initial one. The link not even root may, always.
    return (
      /^NSpid:\t\d+$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) || readlinkSync(`/proc/${pid}/ns/pid`) !== link
    );
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? ''); // it has ended
  }
}
