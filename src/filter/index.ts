/** RST filters: planned from a connection, applied to a host, verified, counted, judged, removed. */
export type { Counters } from './applied.js';
export { chooseBackend, tryBackend } from './backend.js';
export type { Family as FilterFamily, FilterFlow } from './flow.js';
export type { Owner as FilterOwner } from './owner.js';
export type { Rule } from './rule-file.js';
export { addDetached, detachedComment } from './detached.js';
export {
  covers,
  findFilters,
  lookForFilters,
  removeFilter,
  type FoundFilter,
  type Search,
  type Unseen,
} from './found.js';
export type { IptablesVariant } from './iptables-save.js';
export type { FilterEvidence, RuleAtWork } from './judge-evidence.js';
export type { Condition, Hook, JudgedRule, Range, RuleMatch, RuleVerdict } from './judged-rule.js';
export { FINDING_CODES, type FindingCode } from './judge-words.js';
export { exactRule } from './exact-rule.js';
export { judgeFilter, type FilterFinding, type FilterVerdict } from './judge.js';
export { applyFilter, type FilterLease, type FilterOptions } from './lease.js';
export {
  DEFAULT_MARK,
  planFilter,
  type Backend,
  type FilterPlan,
  type IptablesPlan,
  type NftPlan,
  type PlanOptions,
} from './plan.js';
export type {
  Argv,
  FilterHost,
  Hold,
  NftContent,
  NftFamily,
  NftHook,
  NftListedRule,
  NftRule,
  NftSession,
  NftTable,
  RuleCommands,
} from './ports.js';
export { shellLine } from './shell.js';
