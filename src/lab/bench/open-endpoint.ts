/** One end of a lab's connection made by hand, for scripts and tests of one's own. */
import type { EndName } from '../../evidence/host.js';
import type { PacketPort } from '../../driver/ports.js';
import { DEFAULT_MARK } from '../../filter/plan.js';
import type { PortOptions } from '../../linux/port/raw-flow.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { CLIENT_PORT, type Family, SERVER_PORT } from '../addresses.js';
import type { LabHost } from '../host.js';
import type { Lab } from '../lab.js';
import { Endpoint } from './endpoint.js';

export interface EndpointOptions {
  /** Default: 4. */
  readonly family?: Family;
  /** Default: 41000, which no kernel of the lab takes. */
  readonly clientPort?: number;
  /** Default: 8888. */
  readonly serverPort?: number;
  /** Its initial sequence number. Default: 1000. */
  readonly iss?: number;
  readonly signal?: AbortSignal;
}

/**
 * Sends and receives segments on `host`. Nothing keeps its kernel from answering, too, but a filter for the endpoint's `flow`.
 * @throws {SystemCallError} EPERM without CAP_NET_RAW
 */
export function openEndpoint(lab: Lab, host: EndName, options: EndpointOptions = {}): Endpoint {
  const { family = 4, clientPort = CLIENT_PORT, serverPort = SERVER_PORT, ...rest } = options;
  const [src, dst] = [lab.client.address(family), lab.server.address(family)];
  const toServer: Flow = { src, srcPort: clientPort, dst, dstPort: serverPort };
  const flow = host === 'client' ? toServer : reverseFlow(toServer);
  return new Endpoint(openFlowPort(lab[host], flow), flow, rest);
}

/** A port for the packets of `flow` alone, whose source is `host`. What leaves it bears the mark that filters spare. */
export function openFlowPort(host: LabHost, flow: Flow, openPort = openLibcPort): PacketPort {
  const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = flow;
  return openPort(host, { local, localPort, remote, remotePort, mark: DEFAULT_MARK });
}

const openLibcPort = (host: LabHost, options: PortOptions): PacketPort => host.openPort('libc', options);
