/** Limits of the system that anything can run into: which one it was, and what to do about it. */
import type { Text } from './error.js';

/** What to do where a call failed with this errno; undefined where that is no limit. getrlimit(2). */
export function limitHint({ code, syscall = '' }: NodeJS.ErrnoException): Text | undefined {
  switch (code) {
    case 'EMFILE':
      return {
        en: 'This process may have no more open files: raise the limit, ulimit -n 4096, and run it again.',
        zh: '本进程打开的文件数已到上限：请用 ulimit -n 4096 提高后重试。',
      };
    case 'ENFILE':
      return {
        en: 'The whole machine has no more open files: see sysctl fs.file-nr and fs.file-max.',
        zh: '整台机器打开的文件数已到上限：请查看 sysctl fs.file-nr 和 fs.file-max。',
      };
    case 'EAGAIN':
    case 'ERR_WORKER_INIT_FAILED':
      // Of other calls it only means: not now.
      if (code === 'EAGAIN' && !/^(spawn|fork|clone)/.test(syscall)) return undefined;
      return {
        en: 'This user may have no more processes: see ulimit -u, in a container its limit of processes (docker: --pids-limit).',
        zh: '该用户的进程数已到上限：请查看 ulimit -u；在容器中请查看其进程数限制（docker：--pids-limit）。',
      };
    case 'ENOMEM':
      return {
        en: 'There is no more memory for it: see ulimit -v, in a container its limit of memory (docker: --memory).',
        zh: '内存不足：请查看 ulimit -v；在容器中请查看其内存限制（docker：--memory）。',
      };
    case undefined:
    default:
      return undefined;
  }
}
