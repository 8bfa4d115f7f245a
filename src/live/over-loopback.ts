/** What AF_PACKET puts on the loopback comes in as from outside, and from outside nobody may claim this host's own address. */
import type { Obstacle } from '../evidence/connection.js';

/** IPv4 only: fib_validate_source(), ip_route_input_slow(). */
export const DROPPED_AS_MARTIAN: Obstacle = {
  why: {
    en: 'AF_PACKET does not reach this host itself over IPv4: its kernel drops what comes in under its own address (martian source)',
    zh: 'AF_PACKET 无法通过 IPv4 到达本机自身：内核会丢弃以本机地址进入的数据包（martian source）',
  },
  hint: {
    en: 'Use --transport raw-socket or libc; or, in a namespace of your own, set net.ipv4.conf.lo.accept_local and route_localnet to 1',
    zh: '请使用 --transport raw-socket 或 libc；或者在自己的命名空间中将 net.ipv4.conf.lo.accept_local 和 route_localnet 设为 1',
  },
};
