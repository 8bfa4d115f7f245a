/** Runs the code of a handshake before it counts, so that the first one of a process is not the slow one that compiles it. */
import { once } from 'node:events';
import { connect, handshake } from './connect.js';
import { memoryPorts } from './memory-port.js';
import type { Clock } from './ports.js';
import { listen } from './raw-server.js';

/** Enough for the functions to be compiled; some 10 ms. */
const ROUNDS = 40;

let warm: Promise<void> | undefined;

/** Handshakes, data and closes over memory, with the clock that will be used, once per process. */
export function warmUp(clock: Clock): Promise<void> {
  warm ??= rehearse(clock);
  return warm;
}

async function rehearse(clock: Clock): Promise<void> {
  const [near, far] = memoryPorts();
  const [address, peer] = ['192.0.2.2', '192.0.2.1'];
  const tcp = { timeWaitMs: 0 };
  const server = listen({ port: far, clock, address, localPort: 1, tcp }, (connection) => {
    connection.pipe(connection);
  });
  for (let round = 0; round < ROUNDS; round++) {
    const flow = { src: peer, srcPort: 1000 + round, dst: address, dstPort: 1 };
    const connection = connect({ port: near, clock, flow, tcp });
    await handshake(connection);
    connection.end('rehearsal');
    await once(connection.resume(), 'end');
    connection.abandon();
  }
  server.abandon();
  near.close();
  far.close();
}
