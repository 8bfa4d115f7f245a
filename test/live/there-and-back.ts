/** Bytes sent to a server that sends them back, where each end is made by hand or is a kernel's socket. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { handshake } from '../../src/driver/connect.js';
import { connectInside, listenInside } from '../../src/linux/port/kernel-socket.js';
import { dial, type Dialled, type DialOptions } from '../../src/live/dial.js';
import { serve, type ServeOptions } from '../../src/live/serve.js';
import type { Family, NarrowPath } from './narrow-path.js';

const PORT = 9000;

type Close = () => Promise<void> | void;

/** Begins to serve on the path's server. */
export type Server = (path: NarrowPath, family: Family) => Promise<Close>;

/** Sends all from the path's client; what came back. */
export type Client = (path: NarrowPath, family: Family, data: Uint8Array) => Promise<Buffer>;

export const echo = (stream: Duplex): void => {
  stream.on('error', () => undefined).pipe(stream);
};

export const kernelServer: Server = async ({ server, address }, family) => {
  const listener = await listenInside(server, address.server[family], PORT, echo);
  return () => void listener.close();
};

export async function handMadeServer(
  { server, address }: NarrowPath,
  family: Family,
  options: Partial<ServeOptions> = {},
): Promise<Close> {
  const where = { port: PORT, address: address.server[family], netns: server };
  const served = await serve({ ...where, onConnection: echo, ...options });
  return () => served.close();
}

/** Sends all, and gives what came back. */
export async function exchange(stream: Duplex, data: Uint8Array): Promise<Buffer> {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  stream.end(data);
  await once(stream, 'end');
  return Buffer.concat(pieces);
}

export const kernelClient: Client = async ({ client, address }, family, data) => {
  const ends = { local: address.client[family], remote: address.server[family], remotePort: PORT };
  const socket = connectInside(client, ends);
  try {
    return await exchange(socket, data);
  } finally {
    socket.destroy();
  }
};

/** A connection made by hand that is established. */
export async function opened(
  { client, address }: NarrowPath,
  family: Family,
  options: Partial<DialOptions> = {},
): Promise<Dialled> {
  const where = { host: address.server[family], port: PORT, netns: client };
  const dialled = await dial({ ...where, allowHalfOpen: true, ...options });
  const result = await handshake(dialled.connection);
  if (result.outcome === 'established') return dialled;
  await dialled.close();
  throw new Error(`no connection: ${result.outcome}`);
}

export const handMadeClient: Client = async (path, family, data) => {
  const dialled = await opened(path, family);
  try {
    return await exchange(dialled.connection, data);
  } finally {
    await dialled.close();
  }
};
