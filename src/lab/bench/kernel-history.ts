/** What the kernel itself says of sockets: the states that they went through, the system calls that made them what they are. */
import type { EndName } from '../../evidence/host.js';
import type { KernelEvent, SystemCall } from '../../evidence/kernel-event.js';
import type { Flow } from '../../wire/flow.js';

/** The states that the kernel of `host` says that a full socket went through; undefined where it cannot be heard in whole. */
export const statesTraced = (
  events: readonly KernelEvent[] | undefined,
  host: EndName,
  { srcPort, dstPort }: Flow,
): readonly string[] | undefined =>
  events?.flatMap((event) =>
    event.event === 'inet_sock_set_state' &&
    event.host === host &&
    event.srcPort === srcPort &&
    event.dstPort === dstPort &&
    event.newState !== undefined
      ? [event.newState]
      : [],
  );

/** The calls that make a socket an end of a connection: bind, connect, listen, accept, accept4; undefined as above. */
export const joiningCalls = (calls: readonly SystemCall[] | undefined): readonly string[] | undefined =>
  calls?.filter(({ name }) => name !== 'socket').map(({ name }) => name);
