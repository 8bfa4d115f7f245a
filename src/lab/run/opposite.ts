/** What stands opposite somebody's program: real kernel sockets, and what ordinary programs do with them. */
import { createServer } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Opposite } from '../../evidence/program-run.js';
import type { LabHost } from '../host.js';
import type { Family } from '../addresses.js';

const GREETING = 'hello from rawshake\n';

/** Listens as it is to, until the host is closed. */
export async function openOpposite(host: LabHost, families: readonly Family[], port: number, what: Opposite) {
  if (what === 'closed') return;
  const program = what === 'http' ? httpServer() : what === 'echo' ? echo : silence;
  for (const family of families) await host.listen(family, port, program);
}

/** A reset is an outcome, and shown in the ladder. */
const bearResets = (socket: Socket): Socket => socket.on('error', () => socket.destroy());

const echo = (socket: Socket): void => void bearResets(socket).pipe(socket);

/** Reads to the end, and closes then. */
const silence = (socket: Socket): void =>
  void bearResets(socket)
    .on('end', () => socket.end())
    .resume();

function httpServer(): Server {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'content-length': GREETING.length });
    response.end(request.method === 'HEAD' ? undefined : GREETING);
  });
  server.on('clientError', (_, socket) => socket.destroy());
  return server;
}
