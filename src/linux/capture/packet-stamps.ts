/**
 * Makes the kernel stamp packets when they pass, and not when they are read. Asking for stamps switches them on for the
 * whole system, but by a work queue (net_enable_timestamp), and until that has run each packet gets the time of its
 * reading. So one socket asks once for as long as the process lives, and the first capture waits until it is true.
 */
import { notUnderstood } from '../../error.js';
import { SO_TIMESTAMPNS, SOL_SOCKET, AF_INET, SOCK_DGRAM, SOCK_CLOEXEC } from '../libc/constants.js';
import { libc, SystemCallError } from '../libc/libc.js';
import { MessageBatch } from '../libc/message-batch.js';
import { socketAddress } from '../libc/sockaddr.js';
import { setOption } from '../libc/socket.js';

const CLOCK_REALTIME = 0;
const CONTROL_BYTES = 64;
const MOST_TRIES = 500;
const PAUSE_MS = 0.1;

const STAMP_BYTES = 32; // struct cmsghdr, struct timespec

/**
 * The stamp of a message in milliseconds of CLOCK_REALTIME: the one control message asked for (SCM_TIMESTAMPNS).
 * @throws {RawshakeError} RS_NOT_UNDERSTOOD where the kernel has put none there
 */
export function stampOf(control: DataView): number {
  if (control.byteLength < STAMP_BYTES || control.getInt32(12, true) !== SO_TIMESTAMPNS)
    throw notUnderstood('recvmmsg', { en: 'a packet without its time stamp', zh: '报文没有时间戳' });
  return Number(control.getBigInt64(16, true)) * 1000 + Number(control.getBigInt64(24, true)) / 1e6;
}

const udpSocket = (): number => {
  const fd = libc('socket', AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  setOption(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  return fd;
};

let keeper: number | undefined;

/** Returns once packets are stamped as they pass; tried over the loopback of the namespace that the thread is in. */
export function ensurePacketStamps(): void {
  if (keeper !== undefined) return;
  keeper = udpSocket();
  const fd = udpSocket();
  try {
    waitForStamps(fd);
  } finally {
    libc('close', fd);
  }
}

function waitForStamps(fd: number): void {
  const name = socketAddress('127.0.0.1', 0);
  libc('bind', fd, name, name.length);
  libc('getsockname', fd, name, Uint32Array.of(name.length));
  const batch = new MessageBatch(1, 64, CONTROL_BYTES);
  const time = new BigInt64Array(2); // struct timespec
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    if (!sendToItself(fd, name)) return; // no loopback here to try it on
    libc('clock_gettime', CLOCK_REALTIME, time);
    const sentAt = Number(time[0]) * 1000 + Number(time[1]) / 1e6;
    Atomics.wait(pause, 0, 0, PAUSE_MS);
    const [message] = batch.receive(fd);
    if (message !== undefined && stampOf(message.control) <= sentAt) return;
  }
}

function sendToItself(fd: number, name: Uint8Array): boolean {
  try {
    libc('sendto', fd, Uint8Array.of(0), 1, 0, name, name.length);
    return true;
  } catch (error) {
    if (error instanceof SystemCallError) return false;
    throw error;
  }
}
