/** The server's program, on a thread of its own: accepts, reads to the end where that is asked for, closes. */
import { parentPort, workerData } from 'node:worker_threads';
import { constants } from 'node:os';
import { EPOLL_CTL_ADD, EPOLLIN, MSG_DONTWAIT, SO_RCVTIMEO, SOCK_CLOEXEC, SOL_SOCKET } from '../linux/constants.js';
import { libc, libcNonBlocking, SystemCallError } from '../linux/libc.js';
import { ACCEPTED, type ListenerReport, type ListenerTask, STOP } from './control.js';

const { listenFd, reads, control: shared } = workerData as ListenerTask;
const control = new Int32Array(shared);

const EVENTS = 64;
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16; // struct epoll_event is packed on x86-64 alone
const DATA_AT = EVENT_BYTES - 8;
/** How soon a stop is noticed. */
const SLEEP_MS = 50;

let receivedBytes = 0;

/** The next connection; undefined where there is none for the moment. */
function accept(): number | undefined {
  try {
    const fd = libcNonBlocking('accept4', listenFd, null, null, SOCK_CLOEXEC);
    if (fd !== undefined) Atomics.add(control, ACCEPTED, 1);
    return fd;
  } catch (error) {
    // The connection was reset while it waited in the queue.
    if (error instanceof SystemCallError && error.errno === constants.errno.ECONNABORTED) return undefined;
    throw error;
  }
}

/** accept4 itself waits, so that this costs two system calls for each connection. */
function acceptAndClose(): void {
  const wait = BigInt64Array.of(0n, BigInt(SLEEP_MS) * 1000n); // struct timeval
  libc('setsockopt', listenFd, SOL_SOCKET, SO_RCVTIMEO, wait, wait.byteLength);
  while (Atomics.load(control, STOP) === 0) {
    const fd = accept();
    if (fd !== undefined) libc('close', fd);
  }
}

const buffer = new Uint8Array(4096);

/** Reads what is there; true where that was the end, or a reset. */
function isAtEnd(fd: number): boolean {
  try {
    for (;;) {
      const bytes = libcNonBlocking('recv', fd, buffer, buffer.length, MSG_DONTWAIT);
      if (bytes === undefined) return false;
      if (bytes === 0) return true;
      receivedBytes += bytes;
    }
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === constants.errno.ECONNRESET) return true;
    throw error;
  }
}

function acceptAndRead(): void {
  const epoll = libc('epoll_create1', SOCK_CLOEXEC);
  const events = new DataView(new ArrayBuffer(EVENT_BYTES * EVENTS));
  const open = new Set<number>();
  const watch = (fd: number): void => {
    const event = new DataView(new ArrayBuffer(EVENT_BYTES));
    event.setUint32(0, EPOLLIN, true);
    event.setInt32(DATA_AT, fd, true);
    libc('epoll_ctl', epoll, EPOLL_CTL_ADD, fd, event);
  };
  watch(listenFd);
  while (Atomics.load(control, STOP) === 0) {
    const ready = libcNonBlocking('epoll_wait', epoll, events, EVENTS, SLEEP_MS) ?? 0;
    for (let i = 0; i < ready; i++) {
      const fd = events.getInt32(EVENT_BYTES * i + DATA_AT, true);
      const accepted = fd === listenFd ? accept() : fd;
      if (accepted === undefined) continue;
      if (isAtEnd(accepted)) {
        open.delete(accepted);
        libc('close', accepted);
      } else if (!open.has(accepted)) {
        open.add(accepted);
        watch(accepted);
      }
    }
  }
  for (const fd of open) libc('close', fd);
  libc('close', epoll);
}

if (reads) acceptAndRead();
else acceptAndClose();
const report: ListenerReport = { accepted: Atomics.load(control, ACCEPTED), receivedBytes };
parentPort?.postMessage(report);
