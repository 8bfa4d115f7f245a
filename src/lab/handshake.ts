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
import { Leases } from './leases.js';
import { observedPacket, senderOf } from './observe-frame.js';
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
  /** Called when the data has arrived, before anything is closed: a look at the open connection. */
  readonly whileOpen?: () => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs it; everything is taken down again when the promise settles.
 * @throws {RawshakeError} where a privilege or tool is missing, on time-out, on abort
 */
export async function runHandshake(options: HandshakeOptions): Promise<HandshakeRun> {
  const startedAt = monotonicNow();
  const leases = new Leases();
  try {
    const run = await observe(leases.add(createLab()), options, leases);
    return { ...run, durationMs: monotonicNow() - startedAt };
  } finally {
    leases.close();
  }
}

/** Opens everything in the order in which it is to be closed from the end: the filter outlives all that could still be answered. */
async function observe(lab: Lab, options: HandshakeOptions, leases: Leases): Promise<Omit<HandshakeRun, 'durationMs'>> {
  const { remedy, family, signal } = options;
  const flow: Flow = {
    src: lab.client.address(family),
    srcPort: CLIENT_PORT,
    dst: lab.server.address(family),
    dstPort: options.serverPort ?? SERVER_PORT,
  };
  const filter = remedy.apply(lab.client, flow);
  if (filter !== undefined) leases.add(filter);
  const peer = leases.add(await openPeer(lab.server, family, flow.dstPort));
  const capture = leases.add(lab.client.capture(DEFAULT_MARK));
  const port = leases.add(
    lab.client.openPort(options.transport, {
      local: flow.src,
      localPort: flow.srcPort,
      remote: flow.dst,
      remotePort: flow.dstPort,
      mark: DEFAULT_MARK,
    }),
  );

  const tables = new SocketTables(lab, flow);
  const states: TcpState[] = [];
  tables.ask();
  const connection = connect({
    port,
    clock: systemClock,
    flow,
    onTrace: (entry) => {
      if (entry.type === 'state') states.push(entry.to);
      else if (entry.type === 'received') tables.ask();
    },
    ...(signal !== undefined && { signal }),
  });
  // Our side of a finished connection need not guard its four-tuple: the lab ends before it could be used again.
  leases.defer(() => {
    connection.abandon();
  });
  await converse(connection, peer, options);
  const serverIsDone = (): boolean => tables.serverIsDone();
  await until('the server to close', serverIsDone, (check) => capture.onFrame(check), signal);

  const rule = filter === undefined ? null : ruleEvidence(filter);
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
    frames: frames.map((frame) => ({ epochMs: frame.at + offset, bytes: frame.bytes, ...senderOf(frame, 'client') })),
  };
}

/** Sends the data once established, closes in order, and returns when both sides have, or when it failed. */
async function converse(connection: RawConnection, peer: Peer, options: HandshakeOptions): Promise<void> {
  const { data, signal } = options;
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
  await until(
    'the data to arrive',
    unlessFailed(() => peer.received.length >= data.length),
    onProgress,
    signal,
  );
  if (!connection.destroyed) {
    options.whileOpen?.();
    connection.end();
  }
  await until(
    'the connection to close',
    unlessFailed(() => connection.readableEnded),
    onProgress,
    signal,
  );
}

function ruleEvidence(lease: FilterLease): RuleEvidence {
  return { backend: lease.plan.backend, commands: lease.commands, ...lease.counters() };
}
