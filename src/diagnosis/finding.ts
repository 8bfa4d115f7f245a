/** A finding: what happened, how sure that is, what it means, and what to do about it. */
import type { Text } from '../error.js';
import type { Host, HostName } from '../evidence/host.js';
import type { Moment } from '../evidence/moment.js';
import type { Ending, Subject } from '../evidence/recording.js';
import { FINDING_CODES, type FindingCode } from '../filter/judge-words.js';
import type { Flow } from '../wire/flow.js';

/** How a connection went. */
export const COURSE_IDS = [
  'established',
  'own-kernel-reset',
  'refused',
  'reset-by-peer',
  'no-answer',
  'half-open',
  'icmp-unreachable',
  'incomplete',
  'aborted',
] as const;

/** What is wrong with segments that were made by hand. */
export const CRAFT_IDS = ['bad-checksum', 'bad-ip-checksum', 'wrong-ack', 'wrong-seq', 'no-syn'] as const;

/** What is wrong with the addresses of such, where it is known whose there are. */
export const ADDRESS_IDS = ['no-such-host', 'foreign-source', 'wrong-link-address'] as const;

/** What is wrong with the sockets that there are for it, or were. */
export const SOCKET_IDS = ['unread', 'in-use'] as const;

/** Whose a RST was, and why, on a host that is watched. */
export const WATCHED_IDS = [
  'rejected',
  'queue-overflow',
  'unexpected-ack',
  'reset-by-hand',
  'unread-data',
  'data-after-close',
  'no-connection',
  'unexplained',
] as const;

/** What the filter did behind which it was made. */
export type FilterFindingId = `filter-${FindingCode}`;

export type CourseId = (typeof COURSE_IDS)[number];
export type CraftFindingId = (typeof CRAFT_IDS)[number];
export type AddressFindingId = (typeof ADDRESS_IDS)[number];
export type SocketFindingId = (typeof SOCKET_IDS)[number];
export type WatchedFindingId = (typeof WATCHED_IDS)[number];
export type FindingId =
  CourseId | CraftFindingId | AddressFindingId | SocketFindingId | WatchedFindingId | FilterFindingId;

/** The closed list. */
export const FINDING_IDS: readonly FindingId[] = [
  ...COURSE_IDS,
  ...CRAFT_IDS,
  ...ADDRESS_IDS,
  ...SOCKET_IDS,
  ...WATCHED_IDS,
  ...FINDING_CODES.map((code): FilterFindingId => `filter-${code}`),
];

/** `proven`: a kernel, or the program that it was for, has said so. `seen`: in packets, or by whoever had the connection. */
export type Certainty = 'proven' | 'seen' | 'likely';

export interface Finding {
  readonly id: FindingId;
  readonly certainty: Certainty;
  /** Whose connection it is, and the connection seen from there. */
  readonly host: HostName;
  readonly flow: Flow;
  /** What happened, in a few words. */
  readonly meaning: Text;
  /** How it comes to that, in sentences. */
  readonly because?: Text;
  /** What to do about it: a line to paste. */
  readonly advice?: string;
  /** Where it is laid down: a section of an RFC, or a page of the manual. */
  readonly source: string;
  /** What it is made of, as far as it was seen: a few moments, the earliest first. */
  readonly at: readonly Moment[];
}

/** One connection among those that a recording or feed is of. */
export interface Connection {
  readonly hosts: readonly Host[];
  readonly subject: Subject;
  readonly flow: Flow;
  /** Others were forgotten before it, for there were too many: it may be one of those, and have begun long ago. */
  readonly mayHaveBegun?: true;
}

/**
 * How a finding is made of one connection's moments. `see` gives another state, or the same where the moment adds nothing; a state
 * holds a bounded number of moments, however many it has seen. `end` may be asked at any time.
 */
export interface Fold<State> {
  readonly begin: (connection: Connection) => State;
  readonly see: (state: State, moment: Moment) => State;
  readonly end: (state: State, ending: Ending) => readonly Finding[];
}
