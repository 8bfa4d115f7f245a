/** Keeps the kernel stamping packets as they pass. net/core/dev.c, net_enable_timestamp. */
import { AF_INET, SO_TIMESTAMPNS, SOCK_CLOEXEC, SOCK_DGRAM, SOL_SOCKET } from './constants.js';
import { libc } from './libc.js';
import { setOption } from './socket.js';

let keeper: number | undefined;

/**
 * The first socket that wants stamps has them switched on by a work queue, the last one off. A packet that passes before
 * that is done is stamped when it is read, milliseconds late and out of order. So one socket wants them from now on, as
 * long as this process lives; call it well before the first packet.
 */
export function keepStamping(): void {
  if (keeper !== undefined) return;
  keeper = libc('socket', AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  setOption(keeper, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}
