/** What a hand-made server does with its connections: echo, one text, files over HTTP, or just reading. */
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import sirv from 'sirv';
import type { RawConnection } from '../driver/raw-connection.js';

export type Service = (connection: RawConnection) => void;

/** A peer that resets its connection ends that connection's service, and nothing else. */
const ended = (): void => undefined;

/** Gives back what comes in. */
export const echo: Service = (connection) => {
  connection.on('error', ended).pipe(connection);
};

/** Sends one text and closes. */
export const sendText =
  (text: string): Service =>
  (connection) => {
    connection.on('error', ended).resume().end(text);
  };

/** Reads to the end. */
export const readOnly: Service = (connection) => {
  connection.on('error', ended).resume();
};

/** The files of a folder over HTTP: Node's own server on hand-made connections. */
export function serveFiles(folder: string): Service {
  const files = sirv(resolve(folder), { dev: true, etag: true });
  const server = createServer((request, response) => {
    files(request, response, () => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    });
  });
  return (connection) => {
    server.emit('connection', connection);
  };
}
