/** What was observed of a run, as findings are made of it: its moments, whose they are, and what those who took part say in the end. */
import type { Missing } from '../tcp/index.js';
import type { FilterVerdict } from '../filter/judge.js';
import type { Flow } from '../wire/flow.js';
import type { ConnectionEvidence } from './connection.js';
import type { Evidence } from './evidence.js';
import { handshakeTimeline } from './handshake-timeline.js';
import { BOTH_ENDS, ENDS, type Host, type HostName } from './host.js';
import type { Moment } from './moment.js';
import type { Outcome } from './outcome.js';
import type { HandshakeRun } from './run.js';
import { type Recorded, timeline } from './timeline.js';

/** What is known before the first moment. */
export interface Subject {
  /** The one connection that there is, seen from the host on which it is made by hand; left out: there may be any number, by anybody. */
  readonly handMade?: { readonly host: HostName; readonly flow: Flow };
  /** The only host at which anything was seen; left out: all are in sight, as in a lab. */
  readonly seenFrom?: HostName;
}

/** Of the one connection, what no packet shows. */
export interface Ending {
  /** Whether the program that it was for has read all of the data. */
  readonly dataArrived?: boolean;
  /** What became of it, where that is known: by the word of the TCP that had it. */
  readonly outcome?: Outcome;
  /** Of one that is incomplete: text that we sent, or else what the other side sent, has not arrived. */
  readonly lacks?: 'sent' | 'received';
  /** A rule on a program's host has dropped what came in; of which connection, its counter does not say. */
  readonly dropsArrivals?: true;
  /** Of one made behind a filter: what its rules and their counters say of it. */
  readonly filter?: FilterVerdict | undefined;
}

export interface Recording {
  /** In the order in which they are drawn. */
  readonly hosts: readonly Host[];
  readonly subject: Subject;
  /** In the order of time. */
  readonly moments: readonly Moment[];
  readonly ending: Ending;
}

/** A recording of one hand-made connection: with its ending it is known how it went. */
export interface HandMadeRecording extends Recording {
  readonly subject: Required<Pick<Subject, 'handMade'>> & Subject;
  readonly ending: Ending & (Required<Pick<Ending, 'dataArrived'>> | Required<Pick<Ending, 'outcome'>>);
}

/** What was observed of a handshake, before anybody has judged it. */
export type ObservedHandshake = Pick<
  HandshakeRun,
  'hosts' | 'role' | 'flow' | 'packets' | 'lookups' | 'kernel' | 'adoptedAt' | 'rule'
>;

/** Of a handshake in a lab. */
export const handshakeRecording = (run: ObservedHandshake, ending: HandMadeRecording['ending']): HandMadeRecording => ({
  hosts: run.hosts,
  subject: { handMade: { host: run.role, flow: run.flow } },
  moments: handshakeTimeline(run),
  ending,
});

/** Of an experiment. */
export const experimentRecording = (recorded: Recorded & Pick<Evidence, 'hosts'>): Recording => ({
  hosts: recorded.hosts,
  subject: {},
  moments: timeline(recorded),
  ending: {},
});

/** A connection of one's own on the network that one stands in: of the other side no more is known than that it is another. */
export const CONNECTION_HOSTS: readonly Host[] = [
  { ...ENDS.client, sender: { en: 'own kernel', zh: '本机内核' } },
  { ...ENDS.server, sender: { en: 'the other side', zh: '对方' } },
];

/** Of such a connection, where this host is the client. */
export function connectionRecording(evidence: ConnectionEvidence): HandMadeRecording {
  const { flow, translated, packets, rule, adoptedAt, outcome, missing, inputLeftOut } = evidence;
  const adopted = adoptedAt === undefined ? {} : { adoptedAt };
  return {
    hosts: CONNECTION_HOSTS,
    subject: { handMade: { host: 'client', flow: translated ?? flow }, seenFrom: 'client' },
    moments: handshakeTimeline({ role: 'client', packets, lookups: [], kernel: [], rule, ...adopted }),
    ending: { outcome, lacks: missing === undefined || inputLeftOut ? 'sent' : 'received' },
  };
}

/** Of a connection that was served by hand, of which nothing was captured. `flow` is seen from this host. */
export const serviceRecording = (flow: Flow, outcome: Outcome, missing?: Missing): HandMadeRecording => ({
  hosts: BOTH_ENDS,
  subject: { handMade: { host: 'server', flow }, seenFrom: 'server' },
  moments: [],
  ending: { outcome, ...(missing !== undefined && { lacks: 'received' }) },
});
