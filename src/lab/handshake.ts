/** One hand-made handshake from the client to a real listener on the server, observed from end to end, in a lab of its own. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect, handshake } from '../driver/connect.js';
import type { RawConnection } from '../driver/raw-connection.js';
import { judgeOutcome } from '../evidence/outcome.js';
import type { HandshakeRun, RuleEvidence } from '../evidence/run.js';
import type { FilterLease } from '../filter/lease.js';
import { DEFAULT_MARK } from '../filter/plan.js';
import { monotonicNow, realtimeOffset, systemClock } from '../linux/clock.js';
import type { TransportChoice } from '../linux/transport.js';
import type { TcpState } from '../tcp/types.js';
import type { Flow } from '../wire/flow.js';
import { CLIENT_PORT, type Family, SERVER_PORT } from './addresses.js';
import { createLab, type Lab } from './lab.js';
import { observedPacket } from './observe-frame.js';
import { openPeer, type Peer } from './peer.js';
import type { Remedy } from './remedies/remedy.js';
import { SocketTables } from './socket-tables.js';
import { until } from './until.js';

export interface HandshakeOptions {
  readonly remedy: Remedy;
  readonly family: Family;
  readonly transport: TransportChoice;
  readonly serverPort?: number;
  /** Sent once the connection is established. */
  readonly data: string;
  readonly signal?: AbortSignal;
}

/** Our side of the finished connection need not guard its four-tuple: the lab ends before it could be used again. */
const TIME_WAIT_MS = 1000;

/**
 * Runs it; everything is taken down again when the promise settles.
 * @throws {RawshakeError} where a privilege or tool is missing, on time-out, on abort
 */
export async function runHandshake(options: HandshakeOptions): Promise<HandshakeRun> {
  const startedAt = monotonicNow();
  const lab = createLab();
  try {
    const run = await observe(lab, options);
    return { ...run, durationMs: monotonicNow() - startedAt };
  } finally {
    lab.close();
  }
}

async function observe(lab: Lab, options: HandshakeOptions): Promise<Omit<HandshakeRun, 'durationMs'>> {
  const { remedy, family, signal } = options;
  const flow: Flow = {
    src: lab.client.address(family),
    srcPort: CLIENT_PORT,
    dst: lab.server.address(family),
    dstPort: options.serverPort ?? SERVER_PORT,
  };
  const peer = await openPeer(lab.server, family, flow.dstPort);
  const capture = lab.client.capture(DEFAULT_MARK);
  const port = lab.client.openPort(options.transport, {
    local: flow.src,
    localPort: flow.srcPort,
    remote: flow.dst,
    remotePort: flow.dstPort,
    mark: DEFAULT_MARK,
  });
  const tables = new SocketTables(lab, flow);
  let lease: FilterLease | undefined;
  try {
    lease = remedy.apply(lab.client, flow);
    const states: TcpState[] = [];
    tables.ask();
    const connection = connect({
      port,
      clock: systemClock,
      flow,
      tcp: { timeWaitMs: TIME_WAIT_MS },
      onTrace: (entry) => {
        if (entry.type === 'state') states.push(entry.to);
        else if (entry.type === 'received') tables.ask();
      },
      ...(signal !== undefined && { signal }),
    });
    await converse(connection, peer, options);
    await until('the server to close', () => tables.serverIsDone(), (check) => capture.onFrame(check), signal);
    const rule = lease === undefined ? null : ruleEvidence(lease);
    const frames = capture.frames();
    const packets = frames.flatMap((frame) => observedPacket(frame, 'client') ?? []);
    const dataArrived = peer.accepted && peer.received === options.data;
    const offset = realtimeOffset();
    return {
      remedy: remedy.id,
      role: 'client',
      family,
      transport: port.transport,
      flow,
      expected: remedy.expected,
      observed: judgeOutcome(packets, 'client', dataArrived),
      client: { states },
      server: { accepted: peer.accepted, received: peer.received, states: tables.serverStates() },
      rule,
      packets,
      lookups: tables.lookups,
      frames: frames.map(({ at, bytes }) => ({ epochMs: at + offset, bytes })),
    };
  } finally {
    // First the port, so that nothing more goes out; the filter last, so that nothing late is answered with RST.
    port.close();
    capture.close();
    peer.close();
    lease?.close();
  }
}

/** Sends the data once established, closes in order, and returns when both sides have, or when it failed. */
async function converse(connection: RawConnection, peer: Peer, { data, signal }: HandshakeOptions): Promise<void> {
  let failed = false;
  connection.on('error', () => {
    failed = true;
  });
  connection.resume();
  const result = await handshake(connection);
  if (result.outcome !== 'established') return;
  // A RST in answer to our ACK is already there to be read: one turn of the event loop delivers it.
  await nextTurn();
  await nextTurn();
  const unlessFailed = (condition: () => boolean) => (): boolean => failed || condition();
  const onProgress = (check: () => void): (() => void) => {
    connection.on('error', check).on('end', check);
    const unsubscribe = peer.onProgress(check);
    return () => {
      connection.off('error', check).off('end', check);
      unsubscribe();
    };
  };
  if (!connection.destroyed) connection.write(data);
  await until('the data to arrive', unlessFailed(() => peer.received.length >= data.length), onProgress, signal);
  if (!connection.destroyed) connection.end();
  await until('the connection to close', unlessFailed(() => connection.readableEnded), onProgress, signal);
}

function ruleEvidence(lease: FilterLease): RuleEvidence {
  return { backend: lease.plan.backend, commands: lease.commands, ...lease.counters() };
}
