/** Findings from moments, one by one as they come or all of a recording: each fold over the moments of each connection. */
import { BOTH_ENDS, type Host } from '../evidence/host.js';
import type { Moment } from '../evidence/moment.js';
import { connectionKey, flowOf } from '../evidence/moment-flow.js';
import type { Outcome } from '../evidence/outcome.js';
import type { Ending, HandMadeRecording, Recording, Subject } from '../evidence/recording.js';
import { endpoint, type Flow } from '../wire/flow.js';
import { TcpFlag } from '../wire/index.js';
import { handshakeFlags } from '../wire/tcp-flags.js';
import { ADDRESSES } from './address-fold.js';
import { CRAFT } from './craft-fold.js';
import { IN_USE } from './in-use-fold.js';
import type { Connection, Finding, Fold } from './finding.js';
import { FILTER } from './findings/filter.js';
import type { Handshake } from './handshake.js';
import { Generations } from './generations.js';
import { HANDSHAKE } from './handshake-fold.js';
import { courseOf } from './outcome.js';
import { UNREAD } from './unread-fold.js';

/** A fold under way. */
interface Running {
  see(moment: Moment): void;
  end(ending: Ending): readonly Finding[];
}

const running =
  <State>(fold: Fold<State>) =>
  (connection: Connection): Running => {
    let state = fold.begin(connection);
    return {
      see(moment) {
        state = fold.see(state, moment);
      },
      end: (ending) => fold.end(state, ending),
    };
  };

const FOLDS: readonly ((connection: Connection) => Running)[] = [
  running(HANDSHAKE),
  running(CRAFT),
  running(ADDRESSES),
  running(UNREAD),
  running(IN_USE),
  running(FILTER),
];

interface Followed {
  readonly folds: readonly Running[];
  /** By which SYN it began, where that has been seen. */
  openedBy: string | undefined;
  /** After how many scenes. */
  readonly scene: number;
}

/** Connections that are followed at once. Those that were silent longest give way. */
export const MOST_CONNECTIONS = 4096;

const NOTHING: readonly Finding[] = [];

export class Diagnosis {
  readonly #followed = new Generations<Followed>(MOST_CONNECTIONS);
  /** The one that all is about, where there is one. */
  readonly #only: Followed | undefined;
  #scenes = 0;
  #hasForgotten = false;

  /** @param hosts of whom its moments are */
  constructor(
    private readonly subject: Subject = {},
    private readonly hosts: readonly Host[] = BOTH_ENDS,
  ) {
    this.#only = subject.handMade && this.#follow(subject.handMade.flow);
  }

  /** How many connections are followed. */
  get connections(): number {
    return this.#only === undefined ? this.#followed.size : 1;
  }

  /** Takes in the next moment. Gives what is to be said of connections that are over by it, or give way: nothing more will be. */
  see(moment: Moment): readonly Finding[] {
    if (this.#only !== undefined) {
      for (const fold of this.#only.folds) fold.see(moment);
      return NOTHING;
    }
    if (moment.type === 'scene') this.#scenes += 1;
    const flow = flowOf(moment);
    if (flow === undefined) return NOTHING;
    const key = connectionKey(flow);
    const opening = openingOf(moment);
    const told: Finding[] = [];
    let followed = this.#followed.get(key);
    if (followed !== undefined && this.#isAnother(followed, opening)) {
      told.push(...findingsOf(followed));
      this.#followed.delete(key);
      followed = undefined;
    }
    if (followed === undefined) {
      followed = this.#follow(flow);
      const forgotten = this.#followed.add(key, followed);
      this.#hasForgotten ||= forgotten.length > 0;
      told.push(...forgotten.flatMap((gone) => findingsOf(gone)));
    }
    followed.openedBy ??= opening;
    for (const fold of followed.folds) fold.see(moment);
    return told;
  }

  /** What is to be said of those that are followed still. It can go on afterwards. */
  end(ending: Ending = {}): readonly Finding[] {
    const followed = this.#only === undefined ? this.#followed.values() : [this.#only];
    return followed.flatMap((one) => findingsOf(one, ending));
  }

  #follow(flow: Flow): Followed {
    const { hosts, subject } = this;
    const connection = { hosts, subject, flow, ...(this.#hasForgotten && { mayHaveBegun: true as const }) };
    return { folds: FOLDS.map((begin) => begin(connection)), openedBy: undefined, scene: this.#scenes };
  }

  /**
   * Another SYN by the same side on the same four-tuple is another connection; in another scene the same SYN is, too: cases are
   * played with the same numbers. All else that comes in a later scene belongs to the connection that there was.
   */
  #isAnother({ openedBy, scene }: Followed, opening: string | undefined): boolean {
    if (openedBy === undefined || opening === undefined || sideOf(openedBy) !== sideOf(opening)) return false;
    return openedBy !== opening || scene !== this.#scenes;
  }
}

const findingsOf = ({ folds }: Followed, ending: Ending = {}): readonly Finding[] =>
  folds.flatMap((fold) => fold.end(ending));

/** `192.0.2.1:41000 1000`: who opens, and from which sequence number. */
function openingOf(moment: Moment): string | undefined {
  if (moment.type !== 'packet') return undefined;
  const { packet, segment } = moment.packet;
  if (handshakeFlags(segment.flags) !== TcpFlag.SYN) return undefined;
  return `${endpoint(packet.ip.src, segment.srcPort)} ${segment.seq}`;
}

const sideOf = (opening: string): string => opening.slice(0, opening.indexOf(' '));

/** All that is to be said of a recording. */
export function diagnose({ hosts, subject, moments, ending }: Recording): readonly Finding[] {
  const diagnosis = new Diagnosis(subject, hosts);
  return [...moments.flatMap((moment) => diagnosis.see(moment)), ...diagnosis.end(ending)];
}

/** How the one connection of a recording went. */
export function diagnoseHandshake(recording: HandMadeRecording): Finding {
  const [finding] = HANDSHAKE.end(handshakeOf(recording), recording.ending);
  if (finding === undefined) throw new TypeError(NO_ENDING);
  return finding;
}

/** The same in the word of the command line's JSON. */
export function judgeOutcome(recording: HandMadeRecording): Outcome {
  const course = courseOf(handshakeOf(recording), recording.ending);
  if (course === undefined || course === 'half-open') throw new TypeError(NO_ENDING);
  return course;
}

const NO_ENDING = 'what became of a connection that is known from the start is said in its ending';

const handshakeOf = ({ hosts, subject, moments }: HandMadeRecording): Handshake =>
  moments.reduce(HANDSHAKE.see, HANDSHAKE.begin({ hosts, subject, flow: subject.handMade.flow }));
