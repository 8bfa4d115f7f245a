/** A remedy against the kernel's RST: what it is called, what it should lead to, and how it is put in force. */
import type { PacketPort } from '../../driver/ports.js';
import type { Text } from '../../error.js';
import type { Outcome } from '../../evidence/outcome.js';
import type { HandshakeRun, RuleEvidence } from '../../evidence/run.js';
import { judgedIptables } from '../../filter/iptables-judged.js';
import type { FilterEvidence } from '../../filter/judge-evidence.js';
import type { FilterLease } from '../../filter/lease.js';
import { planFilter } from '../../filter/plan.js';
import type { Leases } from '../../linux/process/leases.js';
import type { PortOptions } from '../../linux/port/raw-flow.js';
import type { Flow } from '../../wire/flow.js';
import type { Family } from '../addresses.js';
import type { LabHost } from '../host.js';

/** What rules have done until now. */
export interface RuleWork extends Pick<RuleEvidence, 'drops' | 'packets' | 'ownResets' | 'bytes' | 'each'> {
  /** What they say, read back, so that it can be judged. */
  readonly judged?: Pick<FilterEvidence, 'rules' | 'inOtherNamespace'>;
}

/** A rule that a remedy has put in force. */
export interface RuleInForce extends Pick<RuleEvidence, 'backend' | 'commands'> {
  /** Read from the kernel now. */
  work(): RuleWork;
  /** Takes it away before the run is over; what it has done is known afterwards too. */
  lift?(): void;
}

/** What a remedy asks for, beside the time to set it up, which each run measures. */
export interface Cost {
  /** What it takes beside CAP_NET_RAW, which every hand-made packet needs: capabilities(7), programs, addresses. */
  readonly privileges: Text;
  /** What else it hits, or what one has to do without. */
  readonly price: Text;
}

export interface Remedy {
  readonly id: HandshakeRun['remedy'];
  /** The heading of its column. */
  readonly title: Text;
  readonly expected: Outcome;
  /** Why it works, or why not, in a sentence. */
  readonly because: Text;
  readonly cost: Cost;
  /** Nobody knows what it does: what it keeps from happening is a result, and a RST made by hand tests it in the end. */
  readonly unproven?: boolean;
  /** The address that the handshake is made from; left out: the host's own. */
  source?(host: LabHost, family: Family): string;
  /** Once the handshake is complete, the kernel is given the connection, and the rule is lifted. */
  readonly adopts?: boolean;
  /** How packets get out; left out: as the user chose. */
  readonly openPort?: (host: LabHost, options: PortOptions) => PacketPort;
  /** Puts it in force on the host that makes `flow` by hand, before the SYN. What is to be undone goes into `leases`. */
  apply(host: LabHost, flow: Flow, leases: Leases): RuleInForce | undefined;
}

/** The RST filter as a rule in force. */
export function resetFilter(lease: FilterLease, leases: Leases): RuleInForce {
  leases.add(lease);
  const { plan, commands } = lease;
  // Read back and found equal to the plan, it says what the plan does, whichever backend says it.
  const { rule } = planFilter({ ...plan, backend: 'iptables' });
  const [judged] = judgedIptables([rule], plan.family);
  return {
    backend: plan.backend,
    commands,
    work() {
      const counters = lease.counters();
      return {
        drops: 'resets',
        ...counters,
        judged: { rules: judged === undefined ? [] : [{ rule: judged, packets: counters.packets }] },
      };
    },
    lift() {
      lease.counters(); // read before it is gone
      lease.close();
    },
  };
}
