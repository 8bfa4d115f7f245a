/** Somebody's program, run on one host of a lab: how it ended, and what was seen of its network. */
import type { Text } from '../error.js';
import type { Evidence } from './evidence.js';
import type { EndName } from './host.js';
import { experimentRecording, type Recording } from './recording.js';
import type { RuleEvidence } from './run.js';

/** What stands opposite. `client`: a kernel's client that connects to the program, which is a server. */
export const OPPOSITES = ['echo', 'http', 'silent', 'closed'] as const;
export type Opposite = (typeof OPPOSITES)[number];

/** The cures that need not know whose handshake it is, nor from which port. */
export const CURES = ['owner', 'input'] as const;
export type CureId = (typeof CURES)[number];

export interface ProgramEnd {
  /** As it was run, with the lab's addresses in place. */
  readonly argv: readonly string[];
  /** Exactly one of both. */
  readonly status?: number;
  readonly signal?: NodeJS.Signals;
  /** It did not end by itself: its time was over, all that it was asked for was done, or the run was interrupted. */
  readonly endedFor?: 'time-out' | 'done' | 'interrupt';
  readonly durationMs: number;
}

export interface ProgramRun extends Evidence {
  readonly program: ProgramEnd;
  /** The part of its host: a server's program is connected to. */
  readonly role: EndName;
  readonly family: 4 | 6;
  /** The server's. */
  readonly port: number;
  /** What the server is, where the program is a client. */
  readonly opposite: Opposite | 'program';
  /** Behind which cure; `rule`: rules of the user's own. */
  readonly remedy: 'none' | CureId | 'rule';
  readonly rule: RuleEvidence | null;
  /** Before its end, or before all that there was to see of it was read. */
  readonly isInterrupted?: true;
  readonly durationMs: number;
}

/** As findings are made of it: of any number of connections, by anybody. */
export function programRecording(run: Evidence & Partial<Pick<ProgramRun, 'rule'>>): Recording {
  const { rule } = run;
  const dropsArrivals = rule?.drops === 'segments' && rule.packets > 0;
  return { ...experimentRecording(run), ending: dropsArrivals ? { dropsArrivals } : {} };
}

/** What a program is called: the last part of its path. */
export const programName = ({ argv }: Pick<ProgramEnd, 'argv'>): string => argv[0]?.replace(/^.*\/(?=.)/, '') ?? '';

/** How it ended, in a few words. */
export function endWords({ status, signal, endedFor }: ProgramEnd): Text {
  if (endedFor === 'time-out') return { en: 'was ended, for its time was over', zh: '因超时而被终止' };
  if (endedFor === 'interrupt') return { en: 'was ended, for the run was interrupted', zh: '因运行被中断而终止' };
  if (endedFor === 'done') return { en: 'was ended, for all was done', zh: '在一切完成后被终止' };
  if (signal !== undefined) return { en: `was ended by ${signal}`, zh: `被 ${signal} 终止` };
  return { en: `ended with status ${String(status)}`, zh: `以状态 ${String(status)} 结束` };
}
