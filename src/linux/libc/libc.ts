/** The C library through koffi: one table of calls, each throwing a `SystemCallError` that keeps errno. Loaded at the first call. */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { join } from 'node:path';
import type koffiModule from 'koffi';
import { notLoaded } from './native-part.js';
import { notInstalled, packageFolder } from '../process/packages.js';

type Koffi = typeof koffiModule;
type KoffiFunction = ReturnType<ReturnType<Koffi['load']>['func']>;
/** Memory that libc reads or writes during the call. */
export type Memory = NodeJS.TypedArray | DataView | ArrayBuffer;

interface Calls {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Memory, length: number): number;
  connect(fd: number, address: Memory, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: null, length: null, flags: number): number;
  close(fd: number): number;
  open(path: string, flags: number, mode: number): number;
  memfd_create(name: string, flags: number): number;
  unshare(flags: number): number;
  setns(fd: number, type: number): number;
  setsockopt(fd: number, level: number, option: number, value: Memory, length: number): number;
  getsockopt(fd: number, level: number, option: number, value: Memory, length: Memory): number;
  getsockname(fd: number, address: Memory, length: Memory): number;
  ioctl(fd: number, request: number, argument: Memory): number;
  fcntl(fd: number, command: number, argument: number): number;
  flock(fd: number, operation: number): number;
  pipe2(ends: Memory, flags: number): number;
  /** Those that not every C library has a function for; what is not asked for is 0. */
  syscall(
    ...args: [number: number, first: number, second: Memory | number, third: number, fourth: Memory | 0, fifth: number]
  ): number;
  chroot(path: string): number;
  chdir(path: string): number;
  send(fd: number, bytes: Memory, length: number, flags: number): number;
  sendto(fd: number, bytes: Memory, length: number, flags: number, address: Memory, addressLength: number): number;
  recv(fd: number, bytes: Memory, length: number, flags: number): number;
  recvfrom(fd: number, bytes: Memory, length: number, flags: number, name: Memory, nameLength: Memory): number;
  recvmmsg(fd: number, messages: Memory, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, messages: Memory, count: number, flags: number): number;
  waitid(kind: number, id: number, info: Memory, options: number): number;
  poll(descriptors: Memory, count: number, timeoutMs: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Memory): number;
  epoll_wait(epoll: number, events: Memory, most: number, timeoutMs: number): number;
  if_nametoindex(name: string): number;
  /** The address of `name`; 0 where there is none. */
  if_indextoname(index: number, name: Memory): number;
  clock_gettime(clock: number, time: Memory): number;
  sigaction(signal: number, action: Memory | null, former: Memory | null): number;
  mount(source: string, target: string, type: string, flags: number, data: Memory | null): number;
  umount2(target: string, flags: number): number;
  prctl(option: number, second: number, third: number, fourth: number, fifth: number): number;
  execvp(file: string, argv: readonly (string | null)[]): number;
}

const SIGNATURES: Readonly<Record<keyof Calls, string>> = {
  socket: 'int socket(int, int, int)',
  bind: 'int bind(int, void *, uint32_t)',
  connect: 'int connect(int, void *, uint32_t)',
  listen: 'int listen(int, int)',
  accept4: 'int accept4(int, void *, void *, int)',
  close: 'int close(int)',
  open: 'int open(const char *, int, int)',
  memfd_create: 'int memfd_create(const char *, unsigned int)',
  unshare: 'int unshare(int)',
  setns: 'int setns(int, int)',
  setsockopt: 'int setsockopt(int, int, int, void *, uint32_t)',
  getsockopt: 'int getsockopt(int, int, int, void *, void *)',
  getsockname: 'int getsockname(int, void *, void *)',
  ioctl: 'int ioctl(int, unsigned long, void *)',
  fcntl: 'int fcntl(int, int, int)',
  flock: 'int flock(int, int)',
  pipe2: 'int pipe2(void *, int)',
  syscall: 'intptr_t syscall(intptr_t, intptr_t, void *, intptr_t, void *, intptr_t)',
  chroot: 'int chroot(const char *)',
  chdir: 'int chdir(const char *)',
  send: 'intptr_t send(int, void *, size_t, int)',
  sendto: 'intptr_t sendto(int, void *, size_t, int, void *, uint32_t)',
  recv: 'intptr_t recv(int, void *, size_t, int)',
  recvfrom: 'intptr_t recvfrom(int, void *, size_t, int, void *, void *)',
  recvmmsg: 'int recvmmsg(int, void *, unsigned int, int, void *)',
  sendmmsg: 'int sendmmsg(int, void *, unsigned int, int)',
  waitid: 'int waitid(int, int, void *, int)',
  poll: 'int poll(void *, unsigned long, int)',
  epoll_create1: 'int epoll_create1(int)',
  epoll_ctl: 'int epoll_ctl(int, int, int, void *)',
  epoll_wait: 'int epoll_wait(int, void *, int, int)',
  if_nametoindex: 'unsigned int if_nametoindex(const char *)',
  if_indextoname: 'intptr_t if_indextoname(unsigned int, void *)',
  clock_gettime: 'int clock_gettime(int, void *)',
  sigaction: 'int sigaction(int, void *, void *)',
  mount: 'int mount(const char *, const char *, const char *, unsigned long, void *)',
  umount2: 'int umount2(const char *, int)',
  prctl: 'int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)',
  execvp: 'int execvp(const char *, const char **)',
};

/** Of two names of one number the usual: EAGAIN. */
const ERRNO_NAMES = new Map(
  Object.entries(constants.errno).flatMap(([name, number]) => (name === 'EWOULDBLOCK' ? [] : [[number, name]])),
);

/** `ECONNREFUSED`. */
export const errnoName = (errno: number): string => ERRNO_NAMES.get(errno) ?? `errno ${String(errno)}`;

/** A libc call that failed, in the shape of Node's own system errors. */
export class SystemCallError extends Error {
  override readonly name = 'SystemCallError';
  /** The symbolic errno: `EPERM`. */
  readonly code: string;
  constructor(
    readonly syscall: string,
    readonly errno: number,
  ) {
    const code = errnoName(errno);
    super(`${syscall}: ${code}`);
    this.code = code;
  }
}

let loadedKoffi: Koffi | undefined;

/**
 * koffi itself, loaded when first asked for: `build`, `dissect` and the simulation never do.
 * @throws {RawshakeError} RS_MISSING_TOOL where its native part is not there, not for this machine, or may not be run
 */
export function koffi(): Koffi {
  loadedKoffi ??= loadKoffi();
  return loadedKoffi;
}

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)(koffiFile()) as Koffi;
  } catch (error) {
    if (isOfNativePart(error)) throw notLoaded('koffi', error);
    throw error;
  }
}

/**
 * `index.cjs` asks Node.js for the package with its native part, in every folder above too; `indirect.cjs` looks beside koffi
 * and in it alone, where it may have been built.
 */
function koffiFile(): string {
  const folder = packageFolder('koffi');
  if (folder === undefined) throw notInstalled(['koffi']);
  const native = packageFolder(`@koromix/koffi-${process.platform}-${process.arch}`, folder);
  return join(folder, native === undefined ? 'indirect.cjs' : 'index.cjs');
}

/** koffi has words of its own where there is none for this machine. */
const isOfNativePart = (error: unknown): error is Error =>
  error instanceof Error &&
  ((error as NodeJS.ErrnoException).code === 'ERR_DLOPEN_FAILED' || error.message.includes('native Koffi module'));

let boundCalls: Calls | undefined;

function calls(): Calls {
  if (boundCalls === undefined) {
    const library = koffi().load(null);
    boundCalls = Object.fromEntries(
      Object.entries(SIGNATURES).map(([name, signature]) => [name, library.func(signature)]),
    ) as unknown as Calls; // koffi's functions are untyped; SIGNATURES and Calls stand side by side above
  }
  return boundCalls;
}

/**
 * Calls libc. The result is never -1: that is thrown.
 * @throws {SystemCallError} with errno
 */
export function libc<Name extends keyof Calls>(name: Name, ...args: Parameters<Calls[Name]>): number {
  const call = calls()[name] as (...args: Parameters<Calls[Name]>) => number;
  const result = call(...args);
  if (result === -1) throw new SystemCallError(name, koffi().errno());
  return result;
}

/** As `libc`, but `undefined` where the call would block, and again where a signal interrupted it. */
export function libcNonBlocking<Name extends keyof Calls>(
  name: Name,
  ...args: Parameters<Calls[Name]>
): number | undefined {
  const call = calls()[name] as (...args: Parameters<Calls[Name]>) => number;
  for (;;) {
    const result = call(...args);
    if (result !== -1) return result;
    const errno = koffi().errno();
    if (errno === constants.errno.EAGAIN) return undefined;
    if (errno !== constants.errno.EINTR) throw new SystemCallError(name, errno);
  }
}

/**
 * Closes a descriptor on a thread of the pool. Closing AF_PACKET waits for an RCU grace period, 10 to 20 ms, in which
 * the caller has better things to do; the process stays alive until it is done. koffi lets only some hundred calls wait:
 * what is beyond that is closed at once.
 */
export function closeInBackground(fd: number): void {
  // koffi gives every function an asynchronous twin, of which the table of calls says nothing.
  const bound: { readonly close: unknown } = calls();
  const done = (error: Error | null): void => {
    if (error !== null) throw error;
  };
  try {
    (bound.close as KoffiFunction).async(fd, done);
  } catch {
    libc('close', fd);
  }
}

/**
 * The address of memory that libc will read or write by pointer. Take it of an `ArrayBuffer` that lives as long as
 * the pointer does: nothing but that reference keeps it alive, and small Buffers may move.
 */
export const addressOf = (memory: ArrayBuffer): bigint => koffi().address(memory);
