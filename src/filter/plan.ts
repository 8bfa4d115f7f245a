/** From a connection to the exact commands that keep the kernel's RST away from it, without touching anything. */
import { type Flow } from '../wire/flow.js';
import type { Argv } from './ports.js';
import { type Family, type Rule, ruleFor } from './rule-file.js';

/** SO_MARK of the program's own packets, where none is chosen: `ra` in ASCII. */
export const DEFAULT_MARK = 0x7261;

export interface PlanOptions {
  /** Seen from the host whose kernel is to stay silent. */
  readonly flow: Flow;
  /** The mark of the program's own packets, 1 to 2^32 - 1. Default `DEFAULT_MARK`. */
  readonly mark?: number;
  /** Tells this rule from all others, without spaces. Default `rawshake:` and the process id. */
  readonly comment?: string;
}

export interface FilterPlan {
  readonly backend: 'iptables';
  readonly family: Family;
  readonly rule: Rule;
  readonly comment: string;
  readonly add: Argv;
  readonly remove: Argv;
  /** Prints the table with counters, for reading back. */
  readonly save: Argv;
}

/** The rule goes into `raw OUTPUT`, before connection tracking sees the RST and forgets the connection over it. */
export function planFilter(options: PlanOptions): FilterPlan {
  const { flow, mark = DEFAULT_MARK, comment = `rawshake:${String(process.pid)}` } = options;
  const family = flow.src.includes(':') ? 6 : 4;
  const rule = ruleFor(family, { flow, mark, comment });
  const program = family === 4 ? 'iptables' : 'ip6tables';
  return {
    backend: 'iptables',
    family,
    rule,
    comment,
    add: [program, '-w', '-t', rule.table, '-I', rule.chain, '1', ...rule.match],
    remove: [program, '-w', '-t', rule.table, '-D', rule.chain, ...rule.match],
    save: [`${program}-save`, '-c', '-t', rule.table],
  };
}
