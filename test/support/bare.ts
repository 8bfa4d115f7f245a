/** Systems that have less than most: what stands in front of a command, or around it, to run it on one. */
import type { CliOptions } from './cli.js';

/** In a mount namespace of its own, in which `script` has changed something. */
export const behind = (script: string, ...unshare: readonly string[]) => ({
  prefix: ['unshare', '--mount', ...unshare, 'sh', '-e', '-c', `${script}\nexec "$@"`, 'sh'],
});

/** Each folder a mount of its own, for a remount of `/` leaves those alone that already are one. */
const readOnly = (...folders: readonly string[]): string =>
  folders.map((folder) => `mount --bind ${folder} ${folder}; mount -o remount,bind,ro ${folder}`).join('\n');

/** Everything of `/` but one folder, in a root of its own. */
const withoutFolder = (folder: string): string => `
  here=$PWD
  mount -t tmpfs none /mnt
  for each in /*; do
    if [ -L "$each" ]; then cp -P "$each" /mnt; continue; fi
    case $each in ${folder} | /mnt) continue ;; esac
    if [ -d "$each" ]; then mkdir "/mnt$each"; mount --rbind "$each" "/mnt$each"; fi
  done
  mkdir /mnt/old
  cd /mnt
  pivot_root . old
  umount -l /old
  cd "$here"`;

export const BARE = {
  'an empty /run': behind('mount -t tmpfs none /run'),
  'no /run': behind(withoutFolder('/run')),
  'read-only file systems': behind(`
    mount -o remount,bind,ro /
    ${readOnly('/run', '/tmp', '/sys/kernel/tracing')}
    ! touch "$PWD/written" /run/written /tmp/written 2>/dev/null`),
  'no /sys': behind('umount -l /sys; mount -t tmpfs none /sys'),
  'no HOME': { env: { HOME: undefined } },
  'no environment at all': { prefix: ['env', '-i'] },
} as const satisfies Readonly<Record<string, CliOptions>>;

/** Where no lab can be made, as in a container that is given no more than usual. */
export const READ_ONLY_SETTINGS = behind(readOnly('/proc/sys'));
