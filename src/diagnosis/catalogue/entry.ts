/** What is known of a finding before it is made: when it holds, how sure it can be, what to do, and where it is laid down. */
import type { Text } from '../../error.js';
import type { Certainty } from '../finding.js';

export interface CatalogueEntry {
  /** Goes on from "it holds where". */
  readonly holds: Text;
  /** The certainties that it can have, the surest first, and by what, or where, each. */
  readonly sure: Readonly<Partial<Record<Certainty, Text>>>;
  /** What to do about it; where `advice` has a line to paste, of which kind that is. */
  readonly todo: Text;
  /** A section of an RFC, a page of the manual, or a function of Linux. A finding may have one that is more exact. */
  readonly source: string;
}

export const ELSE: Text = { en: 'else', zh: '其余情况' };
export const IN_PACKETS: Text = { en: 'in the packets', zh: '报文中可见' };
export const BY_TRACE: Text = { en: "by the kernel's trace", zh: '内核跟踪' };
export const NOTHING: Text = { en: 'nothing', zh: '无须处理' };
