/** RST filters: planned from a connection, applied to a host, verified, counted, removed. */
export { applyFilter, type Counters, type FilterLease } from './lease.js';
export { DEFAULT_MARK, planFilter, type FilterPlan, type PlanOptions } from './plan.js';
export type { Argv, FilterHost } from './ports.js';
export type { Rule } from './rule-file.js';
