/** What this program runs on: refused early and in plain words where it cannot work. */
import { existsSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';
import { about, RawshakeError, type Text } from '../../error.js';

/** @throws {RawshakeError} RS_NOT_LINUX */
export function requireLinux(): void {
  if (process.platform !== 'linux')
    throw notLinux({ en: `this is ${process.platform}`, zh: `而这是 ${process.platform}` });
  // The structures handed to libc are laid out for 64-bit little-endian machines, which x64, arm64 and riscv64 are.
  if (endianness() !== 'LE' || !['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch)) {
    throw notLinux({ en: `the architecture is ${process.arch}`, zh: `而这里的体系结构是 ${process.arch}` });
  }
  if (!existsSync('/proc/thread-self/ns/net') || readlinkSync('/proc/self') !== String(process.pid)) throw noProc();
}

const SYSTEM: Text = { en: 'system', zh: '系统' };

const notLinux = ({ en, zh }: Text): RawshakeError =>
  new RawshakeError(
    'RS_NOT_LINUX',
    about(SYSTEM, {
      en: `raw sockets and namespaces need 64-bit little-endian Linux, ${en}`,
      zh: `原始套接字和命名空间需要 64 位小端 Linux，${zh}`,
    }),
    {
      hint: {
        en: 'Run it in a Linux virtual machine; docs/install.md says how. `build` and `dissect` work here.',
        zh: '请在 Linux 虚拟机中运行，见 docs/install.md；build 和 dissect 在这里也能用。',
      },
    },
  );

const NO_PROC: Text = {
  en: '/proc is not mounted, or does not show this process',
  zh: '/proc 没有挂载，或其中看不到本进程',
};

/** Namespaces, counters and the identity of processes are read there; one of another PID namespace shows others by our ids. proc(5). */
const noProc = (): RawshakeError =>
  new RawshakeError('RS_NOT_LINUX', about(SYSTEM, NO_PROC), {
    hint: {
      en: 'Mount it: mount -t proc proc /proc. `build`, `dissect` and `filter plan` work without.',
      zh: '请挂载：mount -t proc proc /proc。build、dissect 和 filter plan 不需要它。',
    },
  });
