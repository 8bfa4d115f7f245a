/** A kernel's sockets at either end of a connection: the control beside one made by hand. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { afterEach } from 'vitest';
import * as linux from '../../src/linux/libc/constants.js';
import { listenInside } from '../../src/linux/port/kernel-socket.js';
import { libc } from '../../src/linux/libc/libc.js';
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';
import { domainOf, familyOf, socketAddress } from '../../src/linux/libc/sockaddr.js';
import { setOption } from '../../src/linux/libc/socket.js';

export const PORT = 8000;

/** What has to be ended when a test is over, the last first. */
export const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A kernel's listener that tells each peer its address, and closes. */
export async function kernelServer(netns: NetworkNamespace, address: string): Promise<void> {
  const server = await listenInside(netns, address, PORT, (socket) => {
    socket.on('error', () => undefined).end(socket.remoteAddress?.replace(/%.*/, '') ?? '');
    socket.resume();
  });
  endings.push(() => void server.close());
}

export async function allOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.on('data', (piece: Buffer) => (text += String(piece)));
  await once(stream, 'end');
  return text;
}

export interface KernelClient {
  readonly to: string;
  readonly port?: number;
  readonly source?: string | undefined;
  readonly mark?: number | undefined;
  /** The interface of a link-local address. */
  readonly link?: string;
  /** The only one that it uses. */
  readonly interfaceName?: string | undefined;
}

/** What a kernel's socket in `netns` hears. */
export async function kernelClient(
  netns: NetworkNamespace,
  { to, port = PORT, source, mark, link, interfaceName }: KernelClient,
): Promise<string> {
  const fd = netns.run(() => {
    const socket = libc('socket', domainOf(familyOf(to)), linux.SOCK_STREAM | linux.SOCK_CLOEXEC, 0);
    if (mark !== undefined) setOption(socket, linux.SOL_SOCKET, linux.SO_MARK, mark);
    if (interfaceName !== undefined)
      setOption(socket, linux.SOL_SOCKET, linux.SO_BINDTOIFINDEX, libc('if_nametoindex', interfaceName));
    if (source === undefined) return socket;
    const name = socketAddress(source, 0, link === undefined ? 0 : libc('if_nametoindex', link));
    libc('bind', socket, name, name.length);
    return socket;
  });
  const socket = new Socket({ fd, allowHalfOpen: true }).connect(port, to);
  endings.push(() => void socket.destroy());
  const heard = await allOf(socket);
  socket.end();
  return heard;
}
