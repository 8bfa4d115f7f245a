/** The connections of a host by their turns alone: which failed to open, and which were reset. In constant memory. */
import { Generations } from '../../diagnosis/generations.js';
import type { Turn } from './turn.js';

interface Common {
  /** What was kept of the connection, in the order of time: the first few, and the one that says so. */
  readonly turns: readonly Turn[];
  /** That says so. */
  readonly by: Turn;
  /** The SYN that opened it; undefined: that was not seen. */
  readonly syn: Turn | undefined;
}

export interface NoticedReset extends Common {
  readonly type: 'reset';
  /** The last that came the other way. */
  readonly answered: Turn | undefined;
  /** Whoever resets it had sent no SYN/ACK. */
  readonly isFirstAnswer: boolean;
}

export interface NoticedRepetition extends Common {
  readonly type: 'repeated';
  readonly turn: 'syn' | 'syn-ack';
  /** Each of them. */
  readonly same: readonly Turn[];
}

export type Noticed = NoticedReset | NoticedRepetition;

/** What is kept of one connection, since its newest SYN. */
class Followed {
  readonly turns: Turn[] = [];
  isRepetitionTold = false;
}

/** At 2,000 connections a second some seconds' worth. */
const MOST_FOLLOWED = 1 << 14;
const MOST_TURNS = 6;
/** No TCP sends a SYN again sooner, and a host that forwards a packet has passed it on by then. RFC 6298 §2. */
const AGAIN_MS = 150;

export class TurnTable {
  readonly #followed = new Generations<Followed>(MOST_FOLLOWED);

  /** What is kept of a connection. */
  turnsOf(connection: string): readonly Turn[] {
    return this.#followed.get(connection)?.turns ?? [];
  }

  /** What is to be said by this turn. To be given them in the order of time. */
  see(turn: Turn): Noticed | undefined {
    let followed = this.#followed.get(turn.connection);
    if (followed?.turns.some((before) => isSameOnItsWay(before, turn)) === true) return undefined;
    if (followed === undefined || opensAnother(followed, turn)) {
      followed = new Followed();
      this.#followed.delete(turn.connection);
      this.#followed.add(turn.connection, followed);
    }
    return take(followed, turn);
  }
}

/** At another interface of this host: a bridge's port, the bridge, the card behind it. */
const isSameOnItsWay = (before: Turn, { frame, kind, isFirst, seq, ack }: Turn): boolean =>
  before.kind === kind &&
  before.isFirst === isFirst &&
  before.seq === seq &&
  before.ack === ack &&
  frame.atMs - before.frame.atMs < AGAIN_MS &&
  (before.frame.interfaceIndex !== frame.interfaceIndex || before.frame.isOutgoing !== frame.isOutgoing);

/** The same side begins with another number: a four-tuple that is used again. */
function opensAnother({ turns }: Followed, { kind, isFirst, seq }: Turn): boolean {
  if (kind !== 'syn' || turns.length === 0) return false;
  const own = turns.filter((turn) => turn.kind === 'syn' && turn.isFirst === isFirst);
  return own.length > 0 ? own.every((turn) => turn.seq !== seq) : turns.every((turn) => turn.kind !== 'syn');
}

function take(followed: Followed, turn: Turn): Noticed | undefined {
  const { kind } = turn;
  const before = [...followed.turns];
  const turns = [...before.slice(0, MOST_TURNS - 1), turn];
  followed.turns.splice(MOST_TURNS - 1);
  followed.turns.push(turn);
  const isOthers = ({ isFirst }: Turn): boolean => isFirst !== turn.isFirst;
  const answered = before.findLast(isOthers);
  const common = { turns, by: turn, syn: turns.find((one) => one.kind === 'syn') };
  if (kind === 'reset') {
    const isFirstAnswer = before.every((one) => isOthers(one) || one.kind !== 'syn-ack');
    return { ...common, type: 'reset', answered, isFirstAnswer };
  }
  if (kind === 'fin' || followed.isRepetitionTold || (kind === 'syn' && answered !== undefined)) return undefined;
  const same = turns.filter((one) => one.kind === kind && !isOthers(one));
  if (same.length < 2) return undefined;
  followed.isRepetitionTold = true;
  return { ...common, type: 'repeated', turn: kind, same };
}
