/** Nameless network namespaces: each lives as long as its descriptor, so it dies with this process, by whatever signal. */
import { access, constants, fstatSync } from 'node:fs';
import { about, RawshakeError, type Text } from '../../error.js';
import { closed } from '../libc/closed.js';
import { CLONE_NEWNET, O_CLOEXEC, SIOCGSKNS } from '../libc/constants.js';
import { libc, SystemCallError } from '../libc/libc.js';

export interface NetworkNamespace {
  /** Where other programs of this user reach it while this process lives: `nsenter --net=PATH`. */
  readonly path: string;
  /** What a person types in front of a command that is to run inside. */
  readonly enter: readonly string[];
  /**
   * Runs `action` inside. What it creates before it returns belongs there: sockets, child processes, files of
   * `/proc/sys/net` read or written with the `…Sync` calls. Anything asynchronous happens outside again.
   * @throws {RawshakeError} RS_CLOSED after `close()`
   */
  run<T>(action: () => T): T;
  /** Lets the namespace go; with its last socket and process the kernel takes down all that is in it. Idempotent. */
  close(): void;
}

const openCurrent = (): number => libc('open', '/proc/thread-self/ns/net', O_CLOEXEC, 0);

/** setns moves this one thread. Failing to come back would run all that follows in the wrong place, so that is fatal. */
function returnTo(fd: number): void {
  try {
    libc('setns', fd, CLONE_NEWNET);
  } catch (error) {
    process.stderr.write(`rawshake: cannot return to the network namespace of the start: ${String(error)}\n`);
    process.abort();
  }
}

/** As messages about them begin. */
export const NETWORK_NAMESPACES: Text = { en: 'network namespaces', zh: '网络命名空间' };

let poolStarted = false;

/** libuv's pool threads inherit the namespace of the moment they start, so they start here, before any other is entered. */
export function startThreadPool(): void {
  if (poolStarted) return;
  poolStarted = true;
  access('/', () => undefined);
}

/** `home`: where one stands. Root of a user namespace may leave what is not its own, and could not come back. */
function unshareNetwork(home: number): void {
  try {
    libc('setns', home, CLONE_NEWNET);
    libc('unshare', CLONE_NEWNET);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.code === 'ENOSPC') throw limitReached(error);
    if (error.code !== 'EPERM') throw error;
    throw new RawshakeError('RS_NO_PRIVILEGE', about(NETWORK_NAMESPACES, REFUSED), {
      cause: error,
      hint: {
        en: 'Run as root, or in a user namespace: unshare --user --map-root-user --net COMMAND',
        zh: '请以 root 身份运行，或在用户命名空间中运行：unshare --user --map-root-user --net 命令',
      },
    });
  }
}

const REFUSED: Text = { en: 'the kernel refused to make one (EPERM)', zh: '内核拒绝创建（EPERM）' };
const LIMIT_REACHED: Text = {
  en: 'the limit user.max_net_namespaces is reached (ENOSPC)',
  zh: '已达到 user.max_net_namespaces 的上限（ENOSPC）',
};

const limitReached = (cause: SystemCallError): RawshakeError =>
  new RawshakeError('RS_LIMIT', about(NETWORK_NAMESPACES, LIMIT_REACHED), {
    cause,
    hint: {
      en: 'Raise it, in the user namespace that sets it too: sysctl -w user.max_net_namespaces=15000',
      zh: '请提高该限制，包括设置它的用户命名空间：sysctl -w user.max_net_namespaces=15000',
    },
  });

/**
 * A new, empty network namespace (its loopback is down).
 * @throws {RawshakeError} RS_NO_PRIVILEGE without CAP_SYS_ADMIN; RS_LIMIT beyond `user.max_net_namespaces`
 */
export function createNamespace(): NetworkNamespace {
  startThreadPool();
  const home = openCurrent();
  try {
    unshareNetwork(home);
    try {
      const fd = openCurrent();
      return namespaceOf(fd, undefined, remember(fd));
    } finally {
      returnTo(home);
    }
  } finally {
    libc('close', home);
  }
}

/** The namespaces that this process made and holds, by device and inode: what they are, whatever object says it is one. */
const madeHere = new Set<string>();

const identityOf = (fd: number): string => {
  const { dev, ino } = fstatSync(fd);
  return `${dev}:${ino}`;
};

/** Enters a new namespace into `madeHere`; gives what takes it out again. */
function remember(fd: number): () => void {
  const identity = identityOf(fd);
  madeHere.add(identity);
  return () => {
    madeHere.delete(identity);
  };
}

/** Whether a socket lives in a namespace that this process made and holds. Asked of the kernel, of the socket itself. */
export function isInNamespaceMadeHere(socket: number): boolean {
  const fd = libc('ioctl', socket, SIOCGSKNS, new ArrayBuffer(8));
  try {
    return madeHere.has(identityOf(fd));
  } finally {
    libc('close', fd);
  }
}

/**
 * A namespace that somebody else made: by the name that `ip netns add` gave it, or by the id of a process in it.
 * @throws {RawshakeError} RS_USAGE where there is none; RS_NO_PRIVILEGE where it may not be entered
 */
export function openNamespace(nameOrPid: string): NetworkNamespace {
  const isPid = /^\d+$/.test(nameOrPid);
  const path = isPid ? `/proc/${nameOrPid}/ns/net` : `/run/netns/${nameOrPid}`;
  const fd = openExisting(path, nameOrPid);
  const netns = namespaceOf(fd, isPid ? ['nsenter', `--net=${path}`] : ['ip', 'netns', 'exec', nameOrPid]);
  try {
    netns.run(() => undefined);
    return netns;
  } catch (cause) {
    netns.close();
    if (cause instanceof SystemCallError && cause.code === 'EINVAL')
      throw noNamespace(nameOrPid, path, { en: 'it is none', zh: '它不是网络命名空间' }, cause);
    throw new RawshakeError(
      'RS_NO_PRIVILEGE',
      about(namespaceNamed(nameOrPid), {
        en: `it may not be entered (${String(cause)})`,
        zh: `不能进入（${String(cause)}）`,
      }),
      { cause, hint: { en: 'Run as root.', zh: '请以 root 身份运行。' } },
    );
  }
}

function openExisting(path: string, nameOrPid: string): number {
  try {
    return libc('open', path, O_CLOEXEC | constants.O_NONBLOCK, 0); // a FIFO is not waited for
  } catch (cause) {
    const why = cause instanceof SystemCallError ? cause.code : String(cause);
    throw noNamespace(nameOrPid, path, { en: `it cannot be opened (${why})`, zh: `无法打开（${why}）` }, cause);
  }
}

const namespaceNamed = (nameOrPid: string): Text => ({
  en: `network namespace ${nameOrPid}`,
  zh: `网络命名空间 ${nameOrPid}`,
});

const noNamespace = (nameOrPid: string, path: string, why: Text, cause: unknown): RawshakeError =>
  new RawshakeError('RS_USAGE', about(namespaceNamed(nameOrPid), about(path, why)), {
    cause,
    hint: {
      en: 'Give a name that `ip netns list` shows, or the id of a process that is in the namespace.',
      zh: '请给出 `ip netns list` 列出的名字，或处于该命名空间中的进程号。',
    },
  });

function namespaceOf(fd: number, enter?: readonly string[], onClose: () => void = () => undefined): NetworkNamespace {
  let open = true;
  const path = `/proc/${String(process.pid)}/fd/${String(fd)}`;
  return {
    path,
    enter: enter ?? ['nsenter', `--net=${path}`],
    run(action) {
      if (!open) throw closed({ en: 'network namespace', zh: '网络命名空间' });
      const home = openCurrent();
      try {
        libc('setns', fd, CLONE_NEWNET);
        try {
          return action();
        } finally {
          returnTo(home);
        }
      } finally {
        libc('close', home);
      }
    },
    close() {
      if (!open) return;
      open = false;
      onClose();
      libc('close', fd);
    },
  };
}
