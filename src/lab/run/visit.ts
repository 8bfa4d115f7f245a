/** A kernel's client, which connects to a program that is a server once that could answer. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'node:net';
import type { Family } from '../addresses.js';
import type { Bench } from '../bench/bench.js';
import { rawSocketsOf } from './readers.js';

/** How long a server may take to open a socket; later it is tried all the same, and refused. */
const MOST_STARTING_MS = 5000;
const LOOK_EVERY_MS = 10;
/** A server that does not answer what it was sent is left then. */
const MOST_ANSWERING_MS = 2000;
const GREETING = 'hello\n';

export interface Visit {
  readonly family: Family;
  readonly port: number;
  /** How many raw sockets its host had before the program was started: the observer's own. */
  readonly rawSockets: number;
  /** A process on its host. */
  readonly pid: number;
  /** The program has ended. */
  readonly isOver: () => boolean;
}

/** Connects to the server's port, says hello, and reads until the other side has answered, closes, or is given up. */
export async function visit(bench: Bench, { family, port, rawSockets, pid, isOver }: Visit): Promise<void> {
  const { client, server } = bench.lab;
  const isReady = (): boolean =>
    server.sockets(family).some((row) => row.state === 'LISTEN' && row.srcPort === port) ||
    rawSocketsOf(pid) > rawSockets;
  const until = performance.now() + MOST_STARTING_MS;
  while (!isReady() && !isOver() && performance.now() < until) await delay(LOOK_EVERY_MS);
  if (isOver()) return;
  const socket = client.connect({ dst: server.address(family), dstPort: port });
  bench.leases.defer(() => socket.destroy());
  await conversation(socket);
}

const conversation = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const late = setTimeout(() => socket.destroy(), MOST_ANSWERING_MS);
    socket
      .on('error', () => undefined) // the ladder shows it
      .once('connect', () => socket.write(GREETING))
      .once('data', () => socket.end())
      .once('close', () => {
        clearTimeout(late);
        resolve();
      })
      .resume();
  });
