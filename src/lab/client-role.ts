/** The client is made by hand; the server is a real listener. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Duplex } from 'node:stream';
import { connect, handshake, type HandshakeResult } from '../driver/connect.js';
import type { RawConnection } from '../driver/raw-connection.js';
import { systemClock } from '../linux/libc/clock.js';
import type { TcpState } from '../tcp/types.js';
import { openPeer, type Peer } from './peer.js';
import type { HandMadeSide, Played } from './hand-made-side.js';

export async function playClient(side: HandMadeSide): Promise<Played> {
  const { bench, options, flow, tables, port, adoption, until } = side;
  const { lab, leases, signal } = bench;
  const { remedy, alter, closely = false } = options;
  const peer = leases.add(await openPeer(lab.server, bench.family, flow.dstPort));
  const states: TcpState[] = [];
  tables.snapshot('before');
  tables.ask();
  const connection = connect({
    port,
    clock: systemClock,
    flow,
    onTrace: (entry) => {
      if (entry.type === 'state') states.push(entry.to);
      else if (entry.type === 'received' || (closely && entry.type === 'sent')) tables.ask();
    },
    ...(remedy.unproven === true && { tcp: { synRetries: 0 } }), // one second without an answer tells enough
    ...(alter !== undefined && { alter }),
    ...(signal !== undefined && { signal }),
  });
  // Our side of a finished connection need not guard its four-tuple: the lab ends before it could be used again.
  leases.defer(() => {
    connection.abandon();
  });
  const { outcome } = await converse(connection, peer, side);
  const serverIsDone = (): boolean => outcome === 'timed-out' || tables.isDone('server');
  await until({ en: 'the server to close', zh: '服务器关闭' }, serverIsDone, (check) => bench.onFrame(check));
  if (adoption !== undefined) tables.ask();
  const { accepted, received } = peer;
  const adopted = adoption?.done !== true ? [] : tables.statesOf('client').filter((state) => state !== 'ESTABLISHED');
  return {
    client: { states: [...states, ...adopted] },
    server: { accepted, received, states: tables.statesOf('server') },
  };
}

/** Sends the data once established, closes in order, and returns when both sides have, or when it failed. */
async function converse(
  connection: RawConnection,
  peer: Peer,
  { bench, options, tables, until, resetHidden, adoption, port }: HandMadeSide,
): Promise<HandshakeResult> {
  const { data } = options;
  let failed = false;
  const fail = (): void => {
    failed = true;
  };
  connection.on('error', fail);
  connection.resume();
  const result = await handshake(connection);
  if (result.outcome !== 'established') return result;
  let stream: Duplex = connection;
  if (adoption === undefined) {
    // Once our ACK has left, a RST in answer to it is there to be read: one turn of the event loop delivers it.
    await port.drained?.();
    await nextTurn();
    await nextTurn();
  } else {
    const socket = await adoption.adopt(connection);
    if (socket === undefined) return result;
    bench.leases.defer(() => socket.destroy());
    stream = socket.on('error', fail).resume();
  }
  tables.snapshot('during');
  const unlessFailed = (condition: () => boolean) => (): boolean => failed || resetHidden() || condition();
  const onProgress = (check: () => void): (() => void) => {
    stream.on('error', check).on('end', check);
    const subscriptions = [peer.onProgress(check), bench.onFrame(check)];
    return () => {
      stream.off('error', check).off('end', check);
      for (const unsubscribe of subscriptions) unsubscribe();
    };
  };
  // What is sent into a connection that the peer has reset is met by another RST, and tells nothing more.
  const isOpen = (): boolean => !stream.destroyed && !resetHidden();
  if (isOpen()) stream.write(data);
  await until(
    { en: 'the data to arrive', zh: '数据到达' },
    unlessFailed(() => peer.received.length >= data.length),
    onProgress,
  );
  if (isOpen()) {
    options.whileOpen?.();
    stream.end();
  }
  await until(
    { en: 'the connection to close', zh: '连接关闭' },
    unlessFailed(() => stream.readableEnded),
    onProgress,
  );
  return result;
}
