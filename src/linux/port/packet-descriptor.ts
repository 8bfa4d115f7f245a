/** A packet socket that receives nothing yet. packet(7) */
import { AF_PACKET, SOCK_CLOEXEC, SOCK_RAW } from '../libc/constants.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { RawshakeError } from '../../error.js';
import { privilegeHint } from '../namespace/user-namespace.js';

/**
 * In the network namespace that the thread is in. Protocol 0: nothing slips in before a filter is attached, and it is bound.
 * @param flags SOCK_NONBLOCK, or 0
 * @throws {RawshakeError} RS_NO_PRIVILEGE without CAP_NET_RAW
 */
export function openPacketDescriptor(flags = 0): number {
  try {
    return libc('socket', AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | flags, 0);
  } catch (cause) {
    if (!(cause instanceof SystemCallError && cause.code === 'EPERM')) throw cause;
    throw new RawshakeError(
      'RS_NO_PRIVILEGE',
      {
        en: 'packets: to see and send them needs CAP_NET_RAW (EPERM)',
        zh: '数据包：查看和发送数据包需要 CAP_NET_RAW（EPERM）',
      },
      { cause, hint: privilegeHint() },
    );
  }
}
