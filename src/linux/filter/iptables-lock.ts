/** The file that iptables of the old kind locks on this host, where a guard may outlive this process. iptables(8), XTABLES_LOCKFILE. */
import { accessSync, constants, existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { judgeFolder } from '../file/own-folder.js';

const SHARED = '/run/xtables.lock';

/**
 * undefined: the one that all others take. Where that is not ours to open, one in this user's own folder, for whoever can open a
 * file can hold its lock for ever (flock(2)); only where there is no such folder is it one that anybody can hold.
 */
export function iptablesLock(): string | undefined {
  const asked = process.env['XTABLES_LOCKFILE'];
  if (asked !== undefined || isOurs()) return asked;
  const own = process.env['XDG_RUNTIME_DIR'] ?? '';
  return isAbsolute(own) && judgeFolder(own) === 'trusted' ? join(own, 'rawshake-xtables.lock') : '/dev/null';
}

function isOurs(): boolean {
  try {
    accessSync(existsSync(SHARED) ? SHARED : '/run', constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
