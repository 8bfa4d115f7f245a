/** An order of events, drawn from a seed, and what may come of it. */
import type { Outcome } from '../../../src/evidence/outcome.js';
import type { CloseChoice } from '../../../src/live/talk.js';

export type Event =
  | { readonly type: 'input' | 'peer-sends'; readonly bytes: number }
  | {
      readonly type:
        | 'input-ends'
        | 'peer-ends' // its half
        | 'peer-closes' // as close(2): who sends to it after that is reset
        | 'peer-resets'
        | 'vanish' // nothing of the peer arrives any more, nor anything at it
        | 'flush' // somebody removes all rules of the client's host
        | 'interrupt';
    };

/** How a peer made by hand answers the SYN. */
export type SynAnswer = 'plain' | 'data' | 'fin' | 'data-fin' | 'rst' | 'none';

export interface Order {
  readonly seed: number;
  readonly family: 4 | 6;
  readonly transport: 'libc' | 'raw-socket' | 'packet';
  readonly filter: 'nft' | 'iptables';
  readonly close: CloseChoice;
  readonly adopt: boolean;
  /** `kernel`, or by hand. */
  readonly peer: 'kernel' | SynAnswer;
  /** How many turns of the event loop lie before each. */
  readonly events: readonly { readonly event: Event; readonly turns: number }[];
  /** Long where all comes to its end without it: whoever waits needlessly is caught by the test's own limit. */
  readonly waitMs: number;
}

export const NEVER_MS = 600_000;

/** mulberry32. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const COMMON = [
  ...(['input', 'input', 'input', 'input-ends', 'peer-sends', 'peer-sends', 'peer-sends', 'peer-ends'] as const),
  ...(['peer-ends', 'peer-closes', 'peer-resets', 'interrupt'] as const),
];

/** They hold up all that is beside them, or take seconds. */
const DISTURBANCES = ['vanish', 'flush'] as const;

export function orderOf(seed: number, transports: readonly Order['transport'][]): Order {
  const next = random(seed * 7919);
  for (let i = 0; i < 4; i++) next();
  const below = (n: number): number => Math.floor(next() * n);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const close = pick(['fin', 'fin', 'fin', 'rst', 'none'] as const);
  const peer = pick([
    'kernel',
    'kernel',
    'kernel',
    'plain',
    'plain',
    'data',
    'fin',
    'data-fin',
    'rst',
    'none',
  ] as const);
  const adopt = close !== 'none' && next() < 0.25;
  const drawn = Array.from({ length: 1 + below(6) }, (): Event => {
    const type = next() < 0.06 ? pick(DISTURBANCES) : pick(COMMON);
    if (type === 'input' || type === 'peer-sends') return { type, bytes: 1 + below(pick([1, 100, 3000, 20_000])) };
    return { type };
  });
  const events = possible(drawn, peer);
  return {
    ...{ seed, close, peer, adopt, waitMs: endsByItself(events, peer) ? NEVER_MS : 600 },
    ...{ family: pick([4, 6]), transport: pick(transports), filter: next() < 0.15 ? 'iptables' : 'nft' },
    events: events.map((event) => ({ event, turns: pick([0, 0, 1, 2, 5, 20]) })),
  };
}

/** Those that can happen after the ones before; the last is one that leads to an end. */
function possible(drawn: readonly Event[], peer: Order['peer']): readonly Event[] {
  const events: Event[] = [];
  const has = (...types: Event['type'][]): boolean => events.some(({ type }) => types.includes(type));
  const peerIsClosed = (): boolean => has('peer-ends', 'peer-closes', 'peer-resets') || /fin|rst|none/.test(peer);
  for (const event of drawn) {
    const { type } = event;
    if (has('interrupt')) break;
    if (has('input-ends') && (type === 'input' || type === 'input-ends')) continue;
    if (type === 'peer-sends' && peerIsClosed()) continue;
    if (type === 'peer-ends' && peerIsClosed()) continue;
    if ((type === 'peer-closes' || type === 'peer-resets') && has('peer-closes', 'peer-resets')) continue;
    if (type === 'vanish' && has('vanish')) continue;
    events.push(event);
  }
  const isOver = has('interrupt') || peer === 'rst' || peer === 'none' || (has('peer-resets') && !has('vanish'));
  if (!isOver && !has('input-ends')) events.push({ type: 'input-ends' });
  return events;
}

const endsByItself = (events: readonly Event[], peer: Order['peer']): boolean =>
  events.some(({ type }) => type === 'interrupt') ||
  (!events.some(({ type }) => type === 'vanish') &&
    peer !== 'none' && // who waits long goes on sending SYNs
    (/fin|rst/.test(peer) || events.some(({ type }) => ['peer-ends', 'peer-closes', 'peer-resets'].includes(type))));

export interface Result {
  readonly outcome: Outcome | `RS_${string}`;
  readonly received: string;
  readonly inputLeftOut: boolean;
}

/** What happened besides. */
export interface Happened {
  /** In the order in which they happened, as far as they did before the end. */
  readonly events: readonly Event['type'][];
  readonly input: string;
  readonly peerSent: string;
  readonly peerReceived: string;
  /** Somebody has removed all rules, for this order or for one beside it. */
  readonly flushed: boolean;
}

/** What is wrong with what has come of it; empty where nothing is. */
export function objections(order: Order, result: Result, happened: Happened): readonly string[] {
  const { events, input, peerSent, peerReceived } = happened;
  const has = (...types: Event['type'][]): boolean => events.some((type) => types.includes(type));
  const found: string[] = [];
  const unless = (isRight: boolean, what: string): void => {
    if (!isRight) found.push(what);
  };
  const allowed = outcomes(order, happened);
  unless(allowed.includes(result.outcome), `${result.outcome}, and not ${allowed.join(' or ')}`);
  unless(peerSent.startsWith(result.received), 'received what was not sent');
  unless(input.startsWith(peerReceived), 'the peer received what was not sent');
  const undisturbed = !has('interrupt', 'vanish', 'peer-closes', 'peer-resets') && !mayBeReset(order, happened);
  if (undisturbed && order.waitMs === NEVER_MS && !/rst|none/.test(order.peer)) {
    unless(result.received === peerSent, `${result.received.length} of ${peerSent.length} bytes received`);
    if (order.close === 'fin')
      unless(peerReceived === input, `the peer received ${peerReceived.length} of ${input.length} bytes`);
    unless(!result.inputLeftOut, 'input said to be left out');
  }
  return found;
}

/** Before somebody's flush is noticed, this host's kernel may answer: nf_tables lets nobody remove what a program owns. */
const mayBeReset = ({ filter }: Order, { flushed }: Happened): boolean => filter === 'iptables' && flushed;

function outcomes(order: Order, happened: Happened): readonly Result['outcome'][] {
  const { events } = happened;
  const has = (type: Event['type']): boolean => events.includes(type);
  if (has('interrupt')) {
    // What had ended may have been told before the signal came.
    const before = events.slice(0, events.indexOf('interrupt'));
    const ended = before.some((type) => /^peer-(ends|closes|resets)$/.test(type)) || /fin|rst/.test(order.peer);
    return ['RS_INTERRUPTED', ...(ended ? outcomes(order, { ...happened, events: before }) : [])];
  }
  if (order.peer === 'rst') return ['refused'];
  if (order.peer === 'none') return ['no-answer'];
  const others: Result['outcome'][] = [
    ...(mayBeReset(order, happened) ? (['reset-by-own-kernel', 'reset-by-peer', 'incomplete'] as const) : []),
    // On a busy machine the peer, which is of this very process, may be slower than that.
    ...(order.waitMs === NEVER_MS ? [] : (['incomplete', 'no-answer'] as const)),
  ];
  const afterVanishing = events.slice(events.indexOf('vanish') + 1);
  if (has('vanish')) {
    const endsIt = afterVanishing.includes('input-ends') && order.close === 'fin';
    const isOwed = (afterVanishing.includes('input') || endsIt) && !order.peer.includes('fin');
    const firstEnd = events.find((type) =>
      ['peer-ends', 'peer-closes', 'peer-resets', 'input-ends', 'vanish'].includes(type),
    );
    if (firstEnd === 'vanish' && isOwed) return ['incomplete', ...others];
    return ['established', 'incomplete', 'reset-by-peer', ...others];
  }
  const ends = ['input-ends', 'peer-ends', 'peer-closes', 'peer-resets'] as const;
  const first = events.find((type) => (ends as readonly string[]).includes(type));
  if (first === 'peer-resets' && !order.peer.includes('fin')) return ['reset-by-peer', ...others];
  if (has('peer-resets') || has('peer-closes')) return ['established', 'reset-by-peer', ...others];
  return ['established', ...others];
}
