/** A remedy against the kernel's RST: what it is called, what it should lead to, and how it is put in force. */
import type { Text } from '../../error.js';
import type { Outcome } from '../../evidence/outcome.js';
import type { RemedyId } from '../../evidence/run.js';
import type { FilterLease } from '../../filter/lease.js';
import type { Flow } from '../../wire/flow.js';
import type { LabHost } from '../host.js';

export interface Remedy {
  readonly id: RemedyId;
  /** The heading of its column. */
  readonly title: Text;
  readonly expected: Outcome;
  /** Puts it in force on the host that makes `flow` by hand, before the SYN. */
  apply(host: LabHost, flow: Flow): FilterLease | undefined;
}
