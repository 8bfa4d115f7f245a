/** A port whose address the host does not own, so that its kernel has no part in what is sent to it: no RST, and no rule. */
import type { PacketPort } from '../../driver/ports.js';
import { openPacketPort } from '../../linux/port/packet-port.js';
import type { PortOptions } from '../../linux/port/raw-flow.js';
import { SPARE } from '../addresses.js';
import type { LabHost } from '../host.js';

/** Answers on the host's link for `SPARE`, whose address of the family `options.local` has to be. */
export const openSparePort = (host: LabHost, options: PortOptions): PacketPort =>
  host.netns.run(() => openPacketPort({ ...options, spare: { mac: SPARE.mac } }));
