/** Real kernel sockets, made inside a namespace and handed to `node:net`. */
import { createServer, type Server, Socket } from 'node:net';
import { once } from 'node:events';
import * as linux from '../libc/constants.js';
import { libc, libcNonBlocking } from '../libc/libc.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { domainOf, familyOf, socketAddress } from '../libc/sockaddr.js';
import { setOption } from '../libc/socket.js';

const STREAM = linux.SOCK_STREAM | linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC;

/** Runs `prepare` on a new stream socket in `netns`; gives its descriptor. */
function streamSocket(netns: NetworkNamespace, address: string, prepare: (fd: number) => void): number {
  return netns.run(() => {
    const fd = libc('socket', domainOf(familyOf(address)), STREAM, 0);
    try {
      prepare(fd);
      return fd;
    } catch (error) {
      libc('close', fd);
      throw error;
    }
  });
}

/** A kernel socket that listens in `netns` and accepts as Node does; it is listening when the promise resolves. */
export async function listenInside(
  netns: NetworkNamespace,
  address: string,
  port: number,
  onConnection: (socket: Socket) => void,
): Promise<Server> {
  const fd = streamSocket(netns, address, (socket) => {
    const name = socketAddress(address, port);
    setOption(socket, linux.SOL_SOCKET, linux.SO_REUSEADDR, 1);
    libc('bind', socket, name, name.length);
    libc('listen', socket, linux.SOMAXCONN);
  });
  const server = createServer({ allowHalfOpen: true }, onConnection);
  server.listen({ fd });
  await once(server, 'listening');
  return server;
}

/** The two ends of a connection to be. */
export interface ConnectInside {
  /** Left out: not bound at all, the kernel chooses address and port when it connects. */
  readonly local?: string;
  /** Left out: the kernel chooses one at bind(). */
  readonly localPort?: number;
  readonly remote: string;
  readonly remotePort: number;
}

/** A kernel socket in `netns` that connects; watch `connect` and `error` as with any other. Its SYN leaves a tick later. */
export function connectInside(netns: NetworkNamespace, options: ConnectInside): Socket {
  const { local, localPort = 0, remote, remotePort } = options;
  const fd = streamSocket(netns, remote, (socket) => {
    if (local === undefined) return;
    const name = socketAddress(local, localPort);
    setOption(socket, linux.SOL_SOCKET, linux.SO_REUSEADDR, 1);
    libc('bind', socket, name, name.length);
  });
  return new Socket({ fd, allowHalfOpen: true }).connect(remotePort, remote);
}

/** The descriptor of a kernel socket that listens in `netns`. */
export const openListener = (netns: NetworkNamespace, address: string, port: number, backlog: number): number =>
  streamSocket(netns, address, (socket) => {
    const name = socketAddress(address, port);
    libc('bind', socket, name, name.length);
    libc('listen', socket, backlog);
  });

/** A kernel socket that listens and accepts only when it is told to. */
export interface PatientListener {
  /** accept(), which does not wait: `undefined` where nobody is in the queue. */
  accept(): AcceptedSocket | undefined;
  close(): void;
}

export interface AcceptedSocket {
  /** What waits to be read, as text, up to 4096 bytes; empty at the end of it, `undefined` where nothing waits. */
  read(): string | undefined;
  close(): void;
}

/** A kernel socket that listens in `netns` and accepts by itself never: its kernel completes handshakes all the same. */
export function listenWithoutAccepting(
  netns: NetworkNamespace,
  address: string,
  port: number,
  backlog = linux.SOMAXCONN,
): PatientListener {
  const fd = openListener(netns, address, port, backlog);
  return {
    accept() {
      const accepted = libcNonBlocking('accept4', fd, null, null, linux.SOCK_NONBLOCK | linux.SOCK_CLOEXEC);
      return accepted === undefined ? undefined : acceptedSocket(accepted);
    },
    close() {
      libc('close', fd);
    },
  };
}

function acceptedSocket(fd: number): AcceptedSocket {
  const buffer = Buffer.from(new ArrayBuffer(4096));
  return {
    read() {
      const length = libcNonBlocking('recv', fd, buffer, buffer.length, 0);
      return length === undefined ? undefined : buffer.toString('utf8', 0, length);
    },
    close() {
      libc('close', fd);
    },
  };
}

/** A kernel socket that is bound in `netns`, and nothing more. */
export function bindWithoutListening(netns: NetworkNamespace, address: string, port: number): { close(): void } {
  const fd = streamSocket(netns, address, (socket) => {
    const name = socketAddress(address, port);
    libc('bind', socket, name, name.length);
  });
  return {
    close() {
      libc('close', fd);
    },
  };
}

/**
 * Sends an empty UDP datagram from `netns`.
 * @throws {SystemCallError} EPERM where netfilter drops it on its way out
 */
export function sendDatagram(netns: NetworkNamespace, address: string, port: number): void {
  const type = linux.SOCK_DGRAM | linux.SOCK_CLOEXEC;
  const fd = netns.run(() => libc('socket', domainOf(familyOf(address)), type, 0));
  try {
    const name = socketAddress(address, port);
    libc('sendto', fd, new Uint8Array(0), 0, 0, name, name.length);
  } finally {
    libc('close', fd);
  }
}
