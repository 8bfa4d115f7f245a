/** What a packet socket had no room for. packet(7) */
import * as linux from '../libc/constants.js';
import { libc } from '../libc/libc.js';

/** How many frames since it was last asked: struct tpacket_stats. */
export function framesDropped(fd: number): number {
  const counters = new Uint32Array(2);
  libc('getsockopt', fd, linux.SOL_PACKET, linux.PACKET_STATISTICS, counters, Uint32Array.of(counters.byteLength));
  return counters[1] ?? 0;
}
