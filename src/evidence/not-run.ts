/** What was asked for and could not be run: a program, a privilege or something of the kernel is missing on this machine. */
import type { RawshakeErrorCode, Text } from '../error.js';
import type { EndName } from './host.js';
import type { RemedyId } from './run.js';

export interface NotRun {
  readonly code: RawshakeErrorCode;
  /** What is missing, in a sentence. */
  readonly reason: Text;
  /** What to do about it. */
  readonly hint: Text;
}

/** A remedy that could not be tried. */
export interface RemedyNotRun extends NotRun {
  readonly remedy: RemedyId | 'rule';
  readonly role: EndName;
  readonly family: 4 | 6;
  /** Nobody asked for it by name, and this one took its place. */
  readonly instead?: RemedyId;
}

/** Nothing is lost by one for which another stands. */
export const isReplaced = ({ instead }: RemedyNotRun): boolean => instead !== undefined;
