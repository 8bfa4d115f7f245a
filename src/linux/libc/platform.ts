/** What this program runs on: refused early and in plain words where it cannot work. */
import { existsSync, readlinkSync } from 'node:fs';
import { endianness } from 'node:os';
import { RawshakeError } from '../../error.js';

/** @throws {RawshakeError} RS_NOT_LINUX */
export function requireLinux(): void {
  if (process.platform !== 'linux') throw notLinux(`this is ${process.platform}`);
  // The structures handed to libc are laid out for 64-bit little-endian machines, which x64, arm64 and riscv64 are.
  if (endianness() !== 'LE' || !['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch)) {
    throw notLinux(`the architecture is ${process.arch}`);
  }
  if (!existsSync('/proc/thread-self/ns/net') || readlinkSync('/proc/self') !== String(process.pid)) throw noProc();
}

const notLinux = (why: string): RawshakeError =>
  new RawshakeError('RS_NOT_LINUX', `system: raw sockets and namespaces need 64-bit little-endian Linux, ${why}`, {
    hint: {
      en: 'Run it in a Linux virtual machine; docs/install.md says how. `build` and `dissect` work here.',
      zh: '请在 Linux 虚拟机中运行，见 docs/install.md；build 和 dissect 在这里也能用。',
    },
  });

/** Namespaces, counters and the identity of processes are read there; one of another PID namespace shows others by our ids. proc(5). */
const noProc = (): RawshakeError =>
  new RawshakeError('RS_NOT_LINUX', 'system: /proc is not mounted, or does not show this process', {
    hint: {
      en: 'Mount it: mount -t proc proc /proc. `build`, `dissect` and `filter plan` work without.',
      zh: '请挂载：mount -t proc proc /proc。build、dissect 和 filter plan 不需要它。',
    },
  });
