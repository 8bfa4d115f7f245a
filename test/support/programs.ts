/** Four programs at once that leave much behind if they are careless: two hold filters, one a connection, one a lab. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Lab } from '../../src/lab/lab.js';
import type { NetworkNamespace } from '../../src/linux/namespace/netns.js';
import type { Flow } from '../../src/wire/flow.js';
import { start } from './cli.js';

/** Starts the program in a network namespace. */
export const startIn = (netns: NetworkNamespace, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
  start(args, { prefix: ['nsenter', `--net=${netns.path}`], env });

/** Comes when a program has printed something: that its filter is in force. */
export async function firstOutput({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error('no output');
  await once(stdout, 'data');
}

/**
 * What becomes of the connection: the peer never answers the SYN; it stays open; our side closes and the peer's does not;
 * both close; the peer closes, and is never heard again.
 */
export type Course = 'unanswered' | 'open' | 'half-closed' | 'closing' | 'vanished';

export interface Variation {
  readonly family: 4 | 6;
  /** Of the connection's filter. */
  readonly backend: 'nft' | 'iptables';
  readonly course: Course;
}

const PEER_PORT = 80;

/** The hand-made connection, seen from the client. */
export const flowOf = (lab: Lab, { family }: Variation): Flow => ({
  src: lab.client.address(family),
  srcPort: 41_001,
  dst: lab.server.address(family),
  dstPort: PEER_PORT,
});

/** The other side of the connection, in a namespace of its own. */
export async function openPeer(lab: Lab, { family, course }: Variation): Promise<{ close(): void }> {
  const program = family === 4 ? 'iptables' : 'ip6tables';
  if (course === 'unanswered') lab.server.run([program, '-A', 'INPUT', '-p', 'tcp', '-j', 'DROP']);
  if (course === 'vanished') {
    lab.server.run([program, '-A', 'INPUT', '-p', 'tcp', '--tcp-flags', 'FIN', 'FIN', '-j', 'DROP']);
  }
  const sockets = new Set<Socket>();
  const server = await lab.server.listen(family, PEER_PORT, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('data', (bytes) => socket.write(bytes));
    if (course === 'closing') socket.on('end', () => socket.end());
    if (course === 'vanished') socket.on('data', () => socket.end());
  });
  return {
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

export const PROGRAMS = 4;

interface Started {
  readonly all: readonly ChildProcess[];
  /** It makes a lab of its own. */
  readonly compare: ChildProcess;
}

/** On the client, but for `compare`. */
export function startPrograms(lab: Lab, variation: Variation, env: NodeJS.ProcessEnv): Started {
  const { netns } = lab.client;
  const { src, srcPort, dst, dstPort } = flowOf(lab, variation);
  const ends = [dst, String(dstPort), '--source', src, '--source-port', String(srcPort)];
  const close = ['--send', 'hello', '--wait', '60', '--close', variation.course === 'open' ? 'rst' : 'fin'];
  const filter = ['filter', 'add', '--from', '198.51.100.1:41002'];
  const compare = start(['compare', '--family', 'both', '--remedy', 'none,iptables,nft', '--json'], { env });
  const all = [
    startIn(netns, [...filter, '--backend', 'nft'], env),
    startIn(netns, [...filter, '--to', '198.51.100.2:8888', '--backend', 'iptables'], env),
    startIn(netns, ['connect', ...ends, '--filter', variation.backend, ...close], env),
    compare,
  ];
  return { all, compare };
}
