/** Plays an order: what happens to a connection, and what came of it. */
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Lab } from '../../../src/lab/lab.js';
import { type Event, type Happened, type Order, objections, type Result } from './order.js';
import { HandPeer, kernelPeer, type Peer, peerPort, text } from './peers.js';

/** Whoever connects. */
export interface Connecting {
  readonly result: Promise<Result>;
  /** What passed, as far as anybody watched. */
  readonly packets?: readonly string[];
  input(text: string): void;
  endInput(): void;
  interrupt(): void;
}

export type Start = (lab: Lab, order: Order, clientPort: number) => Connecting;

/** Whoever has not ended by then is named. */
const MOST_MS = 30_000;

const flushed = new WeakSet<Lab>();

/** What is wrong with what came of it; to be played again alone, by its seed. */
export async function play(lab: Lab, order: Order, start: Start): Promise<readonly string[]> {
  const clientPort = 30_000 + order.seed;
  const peer = order.peer === 'kernel' ? await kernelPeer(lab, order) : new HandPeer(lab, order, clientPort);
  const connecting = start(lab, order, clientPort);
  let result: Result | undefined;
  const settled = connecting.result.then((value) => {
    result = value;
  });
  const events: Event['type'][] = [];
  let input = '';
  for (const { event, turns } of order.events) {
    if (event.type.startsWith('peer-') || event.type === 'vanish') await Promise.race([peer.ready, settled]);
    for (let i = 0; i < turns; i++) await nextTurn();
    if (result !== undefined) break;
    events.push(event.type);
    if (event.type === 'input') {
      const more = text(input.length, event.bytes);
      input += more;
      connecting.input(more);
    } else happen(event, { lab, order, peer, connecting });
  }
  await Promise.race([settled, delay(MOST_MS, undefined, { ref: false })]);
  peer.dispose();
  const happened: Happened = {
    events,
    input,
    peerSent: peer.sent,
    peerReceived: peer.received,
    flushed: flushed.has(lab),
  };
  const wrong = result === undefined ? ['it never ends'] : objections(order, result, happened);
  return wrong.map(
    (what) =>
      `seed ${String(order.seed)}: ${what}; ${JSON.stringify({ ...order, events })}\n${connecting.packets?.slice(-30).join('\n') ?? ''}`,
  );
}

interface Scene {
  readonly lab: Lab;
  readonly order: Order;
  readonly peer: Peer;
  readonly connecting: Connecting;
}

function happen(event: Event, { lab, order, peer, connecting }: Scene): void {
  switch (event.type) {
    case 'input':
      return;
    case 'input-ends':
      connecting.endInput();
      return;
    case 'interrupt':
      connecting.interrupt();
      return;
    case 'peer-sends':
      peer.send(event.bytes);
      return;
    case 'peer-ends':
      peer.end();
      return;
    case 'peer-closes':
      peer.close();
      return;
    case 'peer-resets':
      peer.reset();
      return;
    case 'vanish':
      lab.server.run(['nft', 'add', 'element', 'inet', 'order', 'vanished', `{ ${String(peerPort(order))} }`]);
      return;
    case 'flush':
      flushed.add(lab);
      lab.client.run(['nft', 'flush', 'ruleset']);
      return;
  }
}
