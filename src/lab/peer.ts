/** The real listener of a lab: an ordinary program on a kernel socket that accepts, reads to the end and closes. */
import type { Socket } from 'node:net';
import { Listeners } from '../driver/listeners.js';
import type { Unsubscribe } from '../driver/ports.js';
import type { Family } from './addresses.js';
import type { LabHost } from './host.js';

export interface Peer {
  /** `accept()` has returned a connection. */
  readonly accepted: boolean;
  /** All that its program has read, as UTF-8. */
  readonly received: string;
  /** What ended a connection of it otherwise than in order: `ECONNRESET`. */
  readonly error: string | undefined;
  /** Called after each step: accepted, read, failed, closed. */
  onProgress(listener: () => void): Unsubscribe;
  close(): void;
}

/** `onAccept`: what its program does besides with each connection that it accepts. */
export async function openPeer(
  host: LabHost,
  family: Family,
  port: number,
  onAccept?: (socket: Socket) => void,
): Promise<Peer> {
  const progress = new Listeners<undefined>();
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  let accepted = false;
  let failure: string | undefined;
  const server = await host.listen(family, port, (socket) => {
    accepted = true;
    sockets.add(socket);
    socket
      .on('data', (chunk) => {
        chunks.push(chunk);
        progress.emit(undefined);
      })
      .on('end', () => {
        socket.end();
      })
      // A reset is an outcome of the experiment.
      .on('error', (error: NodeJS.ErrnoException) => {
        failure = error.code ?? error.message;
        progress.emit(undefined);
      })
      .on('close', () => {
        progress.emit(undefined);
      });
    onAccept?.(socket);
    progress.emit(undefined);
  });
  return {
    get accepted() {
      return accepted;
    },
    get received() {
      return Buffer.concat(chunks).toString('utf8');
    },
    get error() {
      return failure;
    },
    onProgress: (listener) => progress.add(listener),
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
