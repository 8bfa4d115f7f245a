/** The telling moments of a run as JSON, in the words of every other report. */
import type { Language } from '../error.js';
import type { Host, HostName } from '../evidence/host.js';
import { packetName, wordsOf } from './moment-words.js';
import { hostOf, type Moment } from '../evidence/moment.js';
import { say } from './words.js';

export interface MomentJson {
  /** Seconds; left out where nobody has told when it was. */
  readonly at?: number;
  readonly type: Moment['type'];
  /** Whose it is: of a packet, who sent it. */
  readonly host?: HostName;
  readonly text: string;
}

/** `atZeroMs`: how long after the moment at which the document's times begin the moments' own do. */
export const momentsJson = (
  moments: readonly Moment[],
  hosts: readonly Host[],
  atZeroMs: number,
  language: Language,
): MomentJson[] =>
  moments
    .filter(({ isTelling }) => isTelling)
    .map((moment) => {
      const host = hostOf(moment);
      const words = moment.type === 'packet' ? packetName(moment) : wordsOf(moment, hosts);
      const isTimed = moment.type !== 'dropped' || moment.isTimed;
      return {
        ...(isTimed && { at: Math.round((moment.ms + atZeroMs) * 1000) / 1e6 }),
        type: moment.type,
        ...(host !== undefined && { host }),
        text: say(words, language),
      };
    });
