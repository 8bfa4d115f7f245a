/** The client is made by hand; the server is a real listener. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect, handshake } from '../driver/connect.js';
import type { RawConnection } from '../driver/raw-connection.js';
import { systemClock } from '../linux/clock.js';
import type { TcpState } from '../tcp/types.js';
import { openPeer, type Peer } from './peer.js';
import type { HandshakeOptions, Played, Stage } from './stage.js';
import { until } from './until.js';

export async function playClient({ lab, options, flow, tables, capture, leases, port }: Stage): Promise<Played> {
  const { family, closely = false, signal } = options;
  const peer = leases.add(await openPeer(lab.server, family, flow.dstPort));
  const states: TcpState[] = [];
  tables.ask();
  const connection = connect({
    port,
    clock: systemClock,
    flow,
    onTrace: (entry) => {
      if (entry.type === 'state') states.push(entry.to);
      else if (entry.type === 'received' || (closely && entry.type === 'sent')) tables.ask();
    },
    ...(signal !== undefined && { signal }),
  });
  // Our side of a finished connection need not guard its four-tuple: the lab ends before it could be used again.
  leases.defer(() => {
    connection.abandon();
  });
  await converse(connection, peer, options);
  const serverIsDone = (): boolean => tables.isDone('server');
  await until('the server to close', serverIsDone, (check) => capture.onFrame(check), signal);
  const { accepted, received } = peer;
  return { client: { states }, server: { accepted, received, states: tables.statesOf('server') } };
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
