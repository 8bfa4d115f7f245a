/** A lab: two hosts in private namespaces, joined by a link. It lives in this process and dies with it. */
import type { HostName } from '../evidence/host.js';
import { createNamespace } from '../linux/netns.js';
import { setSysctls } from '../linux/sysctl.js';
import { createVethPair, type VethEnd } from '../linux/veth.js';
import { ADDRESSES, LINK, PREFIX_BITS } from './addresses.js';
import { LabHost } from './host.js';
import { Leases } from './leases.js';
import { SETTINGS } from './settings.js';

export interface Lab {
  readonly client: LabHost;
  readonly server: LabHost;
  /** Takes everything down. Idempotent. */
  close(): void;
  [Symbol.dispose](): void;
}

/**
 * Two hosts, addressed from the documentation ranges, ready to talk.
 * @throws {SystemCallError} EPERM where namespaces are refused; {RawshakeError} RS_MISSING_TOOL without iproute2
 */
export function createLab(): Lab {
  const leases = new Leases();
  const close = (): void => {
    leases.close();
  };
  const add = (name: HostName): LabHost => {
    const netns = leases.add(createNamespace());
    setSysctls(netns, SETTINGS);
    return leases.add(new LabHost(name, netns));
  };
  try {
    const [client, server] = [add('client'), add('server')];
    createVethPair(linkEnd(client), linkEnd(server));
    return { client, server, close, [Symbol.dispose]: close };
  } catch (error) {
    close();
    throw error;
  }
}

function linkEnd({ name, netns }: LabHost): VethEnd {
  const { mac, ...address } = ADDRESSES[name];
  return {
    netns,
    name: LINK,
    mac,
    addresses: [`${address[4]}/${String(PREFIX_BITS[4])}`, `${address[6]}/${String(PREFIX_BITS[6])}`],
  };
}
