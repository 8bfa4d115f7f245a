/** A remedy against the kernel's RST: what it is called, what it should lead to, and how it is put in force. */
import type { PacketPort } from '../../driver/ports.js';
import type { Text } from '../../error.js';
import type { Outcome } from '../../evidence/outcome.js';
import type { RemedyId, RuleEvidence } from '../../evidence/run.js';
import type { Counters } from '../../filter/applied.js';
import type { FilterLease } from '../../filter/lease.js';
import type { Leases } from '../../linux/leases.js';
import type { PortOptions } from '../../linux/raw-flow.js';
import type { Flow } from '../../wire/flow.js';
import type { Family } from '../addresses.js';
import type { LabHost } from '../host.js';

/** A rule that a remedy has put in force. */
export interface RuleInForce extends Pick<RuleEvidence, 'backend' | 'drops' | 'commands'> {
  counters(): Counters;
  /** Takes it away before the run is over; its counters are known afterwards too. */
  lift?(): void;
}

export interface Remedy {
  readonly id: RemedyId;
  /** The heading of its column. */
  readonly title: Text;
  readonly expected: Outcome;
  /** Why it works, or why not, where the explanation of the RST filter does not say so already. */
  readonly because?: Text;
  /** The address that the handshake is made from; left out: the host's own. */
  source?(host: LabHost, family: Family): string;
  /** Once the handshake is complete, the kernel is given the connection, and the rule is lifted. */
  readonly adopts?: boolean;
  /** How packets get out; left out: as the user chose. */
  openPort?(host: LabHost, options: PortOptions): PacketPort;
  /** Puts it in force on the host that makes `flow` by hand, before the SYN. What is to be undone goes into `leases`. */
  apply(host: LabHost, flow: Flow, leases: Leases): RuleInForce | undefined;
}

/** The RST filter as a rule in force. */
export function resetFilter(lease: FilterLease, leases: Leases): RuleInForce {
  leases.add(lease);
  return {
    backend: lease.plan.backend,
    drops: 'resets',
    commands: lease.commands,
    counters: () => lease.counters(),
    lift() {
      lease.counters(); // read before it is gone
      lease.close();
    },
  };
}
