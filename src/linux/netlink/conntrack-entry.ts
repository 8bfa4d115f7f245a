/** Single entries of a network namespace's connection tracking, by what began them. ctnetlink: nf_conntrack_netlink.c. */
import type { Flow } from '../../wire/flow.js';
import * as linux from '../libc/constants.js';
import { SystemCallError } from '../libc/libc.js';
import type { Attribute } from './attributes.js';
import type { Request } from './messages.js';
import type { NetlinkSocket } from './netlink-socket.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { nfAttributes, nfRequest } from '../netfilter/nf-messages.js';
import { openNfSocket } from '../netfilter/nf-socket.js';
import { kernelHasNo, notInKernel } from '../libc/not-in-kernel.js';
import { addressBytes, domainOf, familyOf, portBytes } from '../libc/sockaddr.js';

/**
 * For how many seconds the TCP connection that `flow` began stays in the table if nothing more of it comes; undefined where it is not
 * there. ctnetlink_get_conntrack()
 * @throws {RawshakeError} RS_NOT_IN_KERNEL
 */
export const entrySeconds = (netns: NetworkNamespace, flow: Flow): number | undefined =>
  ofEntry(netns, (socket) =>
    nfAttributes(socket.ask(request(linux.IPCTNL_MSG_CT_GET, 0, flow))).be32(linux.CTA_TIMEOUT),
  );

/**
 * Takes that connection out of the table; false where it is not there. ctnetlink_del_conntrack()
 * @throws {RawshakeError} RS_NOT_IN_KERNEL
 */
export const deleteEntry = (netns: NetworkNamespace, flow: Flow): boolean =>
  ofEntry(netns, (socket) => {
    socket.transact([request(linux.IPCTNL_MSG_CT_DELETE, linux.NLM_F_ACK, flow)]);
    return true;
  }) ?? false;

function ofEntry<T>(netns: NetworkNamespace, work: (socket: NetlinkSocket) => T): T | undefined {
  try {
    return openNfSocket(CTNETLINK, netns).use(work);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    if (error.code === 'ENOENT') return undefined;
    if (NO_SUBSYSTEM.includes(error.code)) throw notInKernel(kernelHasNo(CTNETLINK), error);
    throw error;
  }
}

const CTNETLINK = 'ctnetlink';

/** What nfnetlink_rcv_msg() answers where the subsystem is neither built in nor to be loaded. */
const NO_SUBSYSTEM: readonly string[] = ['EINVAL', 'EOPNOTSUPP'];

const request = (type: number, flags: number, flow: Flow): Request =>
  nfRequest({
    subsystem: linux.NFNL_SUBSYS_CTNETLINK,
    ...{ type, flags },
    family: domainOf(familyOf(flow.src)),
    // Without it, all entries are meant.
    attributes: [[linux.CTA_TUPLE_ORIG, tuple(flow)]],
  });

function tuple({ src, srcPort, dst, dstPort }: Flow): readonly Attribute[] {
  const [source, destination] =
    familyOf(src) === 4 ? [linux.CTA_IP_V4_SRC, linux.CTA_IP_V4_DST] : [linux.CTA_IP_V6_SRC, linux.CTA_IP_V6_DST];
  return [
    [
      linux.CTA_TUPLE_IP,
      [
        [source, addressBytes(src)],
        [destination, addressBytes(dst)],
      ],
    ],
    [
      linux.CTA_TUPLE_PROTO,
      [
        [linux.CTA_PROTO_NUM, Uint8Array.of(linux.IPPROTO_TCP)],
        [linux.CTA_PROTO_SRC_PORT, portBytes(srcPort)],
        [linux.CTA_PROTO_DST_PORT, portBytes(dstPort)],
      ],
    ],
  ];
}
