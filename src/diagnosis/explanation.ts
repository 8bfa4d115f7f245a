/** What each finding on how a connection went says of the case at hand. */
import type { Text } from '../error.js';
import { type Host, hostNamed } from '../evidence/host.js';
import type { Moment } from '../evidence/moment.js';
import type { Ending } from '../evidence/recording.js';
import type { Flow } from '../wire/flow.js';
import type { Certainty } from './finding.js';
import type { Handshake, Side } from './handshake.js';

/** A connection as it looks from the side from which it is told. */
export interface Case {
  readonly host: Host;
  readonly flow: Flow;
  /** Left out: it was not heard of. */
  readonly own?: Side | undefined;
  readonly peer?: Side | undefined;
  readonly handshake: Handshake;
  readonly ending: Ending;
  /** Nothing is known of the other side but what came from it. */
  readonly isOneSided: boolean;
}

/** Who has reset it in the other side's name, where that was seen of a host on the way. */
export function resetOnTheWay({ peer, handshake }: Case): Host | undefined {
  const from = peer?.reset?.packet.from;
  const host = from === undefined ? undefined : hostNamed(handshake.connection.hosts, from);
  return host?.role === 'router' ? host : undefined;
}

export interface Explanation {
  certainty(of: Case): Certainty;
  meaning(of: Case): Text;
  because?(of: Case): Text | undefined;
  advice?(of: Case): string | undefined;
  /** Those that were not seen are left out. */
  at(of: Case): readonly (Moment | undefined)[];
}
