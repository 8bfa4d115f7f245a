/** Who is who in a lab: the documentation ranges of RFC 5737 and RFC 3849, and locally administered link addresses. */
import type { HostName } from '../evidence/host.js';

export type Family = 4 | 6;

interface HostAddresses {
  readonly 4: string;
  readonly 6: string;
  readonly mac: string;
}

export const ADDRESSES: Readonly<Record<HostName, HostAddresses>> = {
  client: { 4: '192.0.2.1', 6: '2001:db8::1', mac: '02:00:00:00:00:01' },
  server: { 4: '192.0.2.2', 6: '2001:db8::2', mac: '02:00:00:00:00:02' },
};

/** A third station on the link, which is nobody's: what a hand-made connection may take for its own. */
export const SPARE: HostAddresses = { 4: '192.0.2.3', 6: '2001:db8::3', mac: '02:00:00:00:00:03' };

export const PREFIX_BITS: Readonly<Record<Family, number>> = { 4: 24, 6: 64 };

/** The one link of each host. */
export const LINK = 'eth0';
/** Over which a host talks to itself, even to the address of its link. */
export const LOOPBACK = 'lo';

/** The hand-made side's port. It is reserved in the lab, so that no kernel takes it for a connection of its own. */
export const CLIENT_PORT = 41000;
export const SERVER_PORT = 8888;
