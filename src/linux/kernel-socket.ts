/** Real kernel sockets, made inside a namespace and handed to `node:net`. */
import { createServer, type Server, Socket } from 'node:net';
import { once } from 'node:events';
import * as linux from './constants.js';
import { libc } from './libc.js';
import type { NetworkNamespace } from './netns.js';
import { domainOf, familyOf, socketAddress } from './sockaddr.js';
import { setOption } from './socket.js';

/** Runs `prepare` on a new stream socket in `netns`; gives its descriptor. */
function streamSocket(netns: NetworkNamespace, address: string, prepare: (fd: number) => void): number {
  return netns.run(() => {
    const fd = libc('socket', domainOf(familyOf(address)), linux.SOCK_STREAM | linux.SOCK_CLOEXEC, 0);
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

/** The two ends of a connection to be; a `localPort` left out is the kernel's choice. */
export interface ConnectInside {
  readonly local: string;
  readonly localPort?: number;
  readonly remote: string;
  readonly remotePort: number;
}

/** A kernel socket in `netns` that connects; watch `connect` and `error` as with any other. Its SYN leaves a tick later. */
export function connectInside(netns: NetworkNamespace, options: ConnectInside): Socket {
  const { local, localPort = 0, remote, remotePort } = options;
  const fd = streamSocket(netns, local, (socket) => {
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

/** A kernel socket that listens in `netns` and never accepts: its kernel completes handshakes all the same. */
export function listenWithoutAccepting(netns: NetworkNamespace, address: string, port: number): { close(): void } {
  const fd = openListener(netns, address, port, linux.SOMAXCONN);
  return {
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
