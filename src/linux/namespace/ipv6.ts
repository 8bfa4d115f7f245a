/** Whether there is IPv6 at all: a kernel may be built without it, or started with `ipv6.disable=1`. af_inet6.c, inet6_init. */
import { about } from '../../error.js';
import { AF_INET6, SOCK_CLOEXEC, SOCK_DGRAM } from '../libc/constants.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { notInKernel } from '../libc/not-in-kernel.js';

const NONE = about('IPv6', {
  en: 'this kernel has none (ipv6.disable=1, or built without it)',
  zh: '这个内核没有（ipv6.disable=1，或编译时未包含）',
});

let found: SystemCallError | true | undefined;

/** Found by trying, once: what the kernel has it keeps. */
export const hasIpv6 = (): boolean => (found ??= trySocket()) === true;

/** @throws {RawshakeError} RS_NOT_IN_KERNEL */
export function requireIpv6(): void {
  if (!hasIpv6()) throw notInKernel(NONE, found);
}

function trySocket(): SystemCallError | true {
  try {
    libc('close', libc('socket', AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return true;
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'EAFNOSUPPORT') return error;
    throw error;
  }
}
