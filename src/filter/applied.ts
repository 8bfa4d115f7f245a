/** What both backends give: a rule in force, which can be read, restored and removed. */
import type { IptablesVariant } from './iptables-save.js';

export interface Counters {
  /** RSTs that the rule has dropped. */
  readonly packets: number;
  readonly bytes: number;
}

export interface AppliedRule {
  /** Of iptables: which one it is, once it was read. */
  readonly variant?: IptablesVariant | undefined;
  /** Nobody else can remove it, not even with a flush of everything. */
  readonly owned: boolean;
  /** The rule's counters as the kernel has them; undefined where the rule as it was asked for is not there. */
  read(): Counters | undefined;
  /** Puts it in force again. */
  restore(): void;
  remove(): void;
}
