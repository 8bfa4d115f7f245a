/**
 * What is handed to native code, under glibc's checking allocator: it ends the process where freed memory is freed again, or
 * something was written past the end of what was asked for. mallopt(3), M_CHECK_ACTION; malloc_debug of glibc 2.34 and later.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Before 2.34 the checks are part of the C library itself, and there is nothing to preload. */
const CHECKED = { LD_PRELOAD: 'libc_malloc_debug.so.0', MALLOC_CHECK_: '3', MALLOC_PERTURB_: '165' };

const node = (args: readonly string[]) =>
  spawnSync(process.execPath, args, { env: { ...process.env, ...CHECKED }, encoding: 'utf8' });

/** Writes one byte too many, and frees it: without the checks nobody notices. */
const ONE_TOO_MANY = `
  const koffi = require('koffi');
  const libc = koffi.load(null);
  const at = libc.func('uintptr_t malloc(size_t)')(24);
  libc.func('uintptr_t memset(uintptr_t, int, size_t)')(at, 0, 25);
  libc.func('void free(uintptr_t)')(at);`;

/** Whether it held; where this system has no such allocator that is said, and nothing is played. */
export function playAllocator(rounds = 60): boolean {
  if (node(['-e', ONE_TOO_MANY]).signal !== 'SIGABRT') {
    process.stdout.write(
      'checking allocator: not here (glibc: the package libc6 has libc_malloc_debug.so.0); NOT CHECKED\n',
    );
    return true;
  }
  const script = fileURLToPath(new URL('native-memory.js', import.meta.url));
  const { status, signal, stdout, stderr } = node(['--expose-gc', script, String(rounds)]);
  const sound = status === 0;
  const end = sound ? 'sound' : `ENDED BY ${signal ?? `status ${status}`}\n${stderr}`;
  process.stdout.write(`checking allocator: ${stdout.trim()}${sound ? '; ' : ''}${end}\n`);
  return sound;
}
