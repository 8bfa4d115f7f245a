/** Settings of a network namespace, by their sysctl names. Documentation/networking/ip-sysctl.rst. */
import { readFileSync, type Stats, statSync, writeFileSync } from 'node:fs';
import { about, RawshakeError, type Text } from '../../error.js';
import type { NetworkNamespace } from './netns.js';

const fileOf = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

const WRITABLE = 0o222;
/** Of a setting that is there and may be written: by whom it is refused is this machine's doing. */
const REFUSALS: readonly string[] = ['EROFS', 'EACCES', 'EPERM'];

/**
 * Sets each, in order. `/proc/sys/net` shows the namespace of the thread that opens the file.
 * @throws {RawshakeError} RS_READ_ONLY where `/proc/sys` may not be written, or is not there; RS_USAGE where there is no such setting, or it
 * does not take the value
 */
export function setSysctls(netns: NetworkNamespace, settings: Readonly<Record<string, string | number>>): void {
  netns.run(() => {
    for (const [name, value] of Object.entries(settings)) set(name, value);
  });
}

function set(name: string, value: string | number): void {
  try {
    writeFileSync(fileOf(name), String(value));
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const stats = statsOf(fileOf(name));
    if (statsOf(fileOf('net')) === undefined) throw notThere(cause);
    // A group of settings, such as net.ipv4.conf, is a folder.
    if (stats?.isFile() !== true) throw unusable(name, NO_SUCH, cause);
    if ((stats.mode & WRITABLE) === 0) throw unusable(name, READ_ONLY, cause);
    if (!REFUSALS.includes(code)) throw unusable(name, notTaken(value), cause);
    throw unwritable(fileOf(name), code, cause);
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // where it cannot be asked about, it cannot be set either
  }
}

const NO_SUCH: Text = { en: 'this kernel has no such setting', zh: '这个内核没有该设置' };
const READ_ONLY: Text = { en: 'this setting can only be read', zh: '该设置只能读取' };

function notTaken(value: string | number): Text {
  const said = JSON.stringify(value);
  return { en: `the kernel does not take ${said}`, zh: `内核不接受 ${said}` };
}

const unwritable = (file: string, code: string, cause: unknown): RawshakeError =>
  new RawshakeError('RS_READ_ONLY', about(file, { en: `cannot be set (${code})`, zh: `无法设置（${code}）` }), {
    cause,
    hint: {
      en: 'In Docker, as in docs/install.md: --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt systempaths=unconfined',
      zh: '在 Docker 中请加上（见 docs/install.md）：--cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt systempaths=unconfined',
    },
  });

const notThere = (cause: unknown): RawshakeError =>
  new RawshakeError(
    'RS_READ_ONLY',
    { en: '/proc/sys: is not there, so no setting can be made', zh: '/proc/sys：不存在，无法修改任何设置' },
    {
      cause,
      hint: {
        en: 'Mount /proc as a whole; in a systemd service: ProcSubset=all',
        zh: '请完整挂载 /proc；在 systemd 服务中：ProcSubset=all',
      },
    },
  );

const unusable = (name: string, why: Text, cause: unknown): RawshakeError =>
  new RawshakeError('RS_USAGE', about(name, why), {
    cause,
    hint: {
      en: 'See which there are, and what they hold: sysctl -a',
      zh: '请查看有哪些设置及其取值：sysctl -a',
    },
  });

export const readSysctl = (name: string): string => readFileSync(fileOf(name), 'utf8').trim();

/** Whether this kernel has such a setting, here where one stands. */
export function hasSysctl(name: string): boolean {
  try {
    readSysctl(name);
    return true;
  } catch {
    return false;
  }
}
