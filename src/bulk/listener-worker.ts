/** The server's program, on a thread of its own: accepts, reads to the end where that is asked for, closes. */
import { parentPort } from 'node:worker_threads';
import { constants } from 'node:os';
import {
  AF_UNIX,
  EPOLL_CTL_ADD,
  EPOLLIN,
  MSG_DONTWAIT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from '../linux/libc/constants.js';
import { libc, libcNonBlocking, SystemCallError } from '../linux/libc/libc.js';
import { ACCEPTED, type ListenerReport, type ListenerTask, READY, STOP } from './control.js';

const EVENTS = 64;
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16; // struct epoll_event is packed on x86-64 alone
const DATA_AT = EVENT_BYTES - 8;
/** How soon a stop is noticed. */
const SLEEP_MS = 50;
/** How long the listener sleeps where nobody waits: twice as long each time, so that one that has nothing to do costs nothing. */
const SHORTEST_NAP_MS = 0.125;
const LONGEST_NAP_MS = 1;

const REHEARSALS = 3000;
/** sun_family, a zero, and five hex digits. */
const AUTOBIND_BYTES = 8;

/** The next connection; undefined where there is none for the moment. */
function accept(socket: number, control: Int32Array): number | undefined {
  try {
    const fd = libcNonBlocking('accept4', socket, null, null, SOCK_CLOEXEC);
    if (fd !== undefined) Atomics.add(control, ACCEPTED, 1);
    return fd;
  } catch (error) {
    // The connection was reset while it waited in the queue.
    if (error instanceof SystemCallError && error.errno === constants.errno.ECONNABORTED) return undefined;
    throw error;
  }
}

/** Accepts one connection and closes it; false where nobody waits. */
function takeOne(socket: number, control: Int32Array): boolean {
  const fd = accept(socket, control);
  if (fd !== undefined) libc('close', fd);
  return fd !== undefined;
}

/** Before anybody comes, so that the compiler has done its work by then: with a local socket of its own, for real connections count. */
function rehearse(control: Int32Array): void {
  const socket = (): number => libc('socket', AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const listener = socket();
  const address = new Uint8Array(AUTOBIND_BYTES);
  const length = Int32Array.of(address.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  libc('bind', listener, address, 2); // autobind, unix(7): no file
  libc('getsockname', listener, address, length);
  libc('listen', listener, 1);
  for (let i = 0; i < REHEARSALS; i++) {
    const client = socket();
    libc('connect', client, address, length[0] ?? 0);
    while (takeOne(listener, control));
    libc('close', client);
  }
  libc('close', listener);
  Atomics.store(control, ACCEPTED, 0);
}

/**
 * Takes all that wait, and sleeps. A thread that waited in accept4 would have to be woken for each connection, by the very
 * processor that works for the clients.
 */
function acceptAndClose(listenFd: number, control: Int32Array): void {
  let napMs = SHORTEST_NAP_MS;
  while (Atomics.load(control, STOP) === 0) {
    if (takeOne(listenFd, control)) {
      napMs = SHORTEST_NAP_MS;
    } else {
      Atomics.wait(control, STOP, 0, napMs);
      napMs = Math.min(2 * napMs, LONGEST_NAP_MS);
    }
  }
}

const buffer = new Uint8Array(4096);

/** Reads what is there; true where that was the end, or a reset. */
function isAtEnd(fd: number, onBytes: (count: number) => void): boolean {
  try {
    for (;;) {
      const bytes = libcNonBlocking('recv', fd, buffer, buffer.length, MSG_DONTWAIT);
      if (bytes === undefined) return false;
      if (bytes === 0) return true;
      onBytes(bytes);
    }
  } catch (error) {
    if (error instanceof SystemCallError && error.errno === constants.errno.ECONNRESET) return true;
    throw error;
  }
}

/** Gives how many bytes it has read. */
function acceptAndRead(listenFd: number, control: Int32Array): number {
  let receivedBytes = 0;
  const onBytes = (count: number): void => {
    receivedBytes += count;
  };
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
      const accepted = fd === listenFd ? accept(listenFd, control) : fd;
      if (accepted === undefined) continue;
      if (isAtEnd(accepted, onBytes)) {
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
  return receivedBytes;
}

parentPort?.on('message', ({ listenFd, reads, rehearses, control: shared }: ListenerTask) => {
  const control = new Int32Array(shared);
  if (rehearses) rehearse(control);
  Atomics.store(control, READY, 1);
  Atomics.notify(control, READY);
  let receivedBytes = 0;
  if (reads) receivedBytes = acceptAndRead(listenFd, control);
  else acceptAndClose(listenFd, control);
  const report: ListenerReport = { accepted: Atomics.load(control, ACCEPTED), receivedBytes };
  parentPort?.postMessage(report);
});
