/** Many handshakes at once, in a lab: what a driver that makes one at a time does not reach. */
export { manyHandshakes, type BulkProgress, type BulkRun } from './run.js';
export type { BulkClose, BulkOptions } from './plan.js';
export type { BulkOutcome } from './outcomes.js';
export type { BulkSummary } from './summary.js';
export type { Histogram, HistogramBucket } from './histogram.js';
