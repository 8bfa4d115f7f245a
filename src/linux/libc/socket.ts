/** What every raw descriptor of this process needs: options set by number, a filter attached, its bytes read. */
import {
  IP_FREEBIND,
  IP_MTU_DISCOVER,
  IP_PMTUDISC_INTERFACE,
  IPV6_FREEBIND,
  SO_ATTACH_FILTER,
  SO_BINDTOIFINDEX,
  SO_LINGER,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
} from './constants.js';
import { addressOf, libc, SystemCallError } from './libc.js';
import { familyOf, socketAddress } from './sockaddr.js';
import type { Zone } from '../port/zone.js';

/** Sets an integer socket option. */
export function setOption(fd: number, level: number, option: number, value: number): void {
  libc('setsockopt', fd, level, option, Int32Array.of(value), 4);
}

/** To close the socket is to reset its connection. socket(7), SO_LINGER. */
export function setNoLinger(fd: number): void {
  const linger = Int32Array.of(1, 0); // struct linger: on, for no time
  libc('setsockopt', fd, SOL_SOCKET, SO_LINGER, linger, linger.byteLength);
}

/**
 * The option by which an IPv4 raw socket believes no "fragmentation needed". A raw socket knows no sequence number, so any quoted
 * segment is of its own to the kernel (raw_err), which would note an MTU of 552 for the whole route for ten minutes: whoever forges
 * one would have every longer packet refused. On IPv6 only a connected socket is asked (rawv6_err), and ours are not.
 */
export const NO_PATH_MTU = [SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_INTERFACE] as const;

/**
 * Has a raw socket's packets take the way of the address that they come from (`ip rule from`, RFC 1122 §3.3.4.2): what an unbound
 * one sends is routed as if it had none, whatever its header says. raw_sendmsg(), rawv6_sendmsg().
 */
export function bindToSource(fd: number, local: string, zone: Zone | undefined): void {
  // Also before the kernel takes the address for its own: an IPv6 one that is still being looked for in the network.
  if (familyOf(local) === 4) setOption(fd, SOL_IP, IP_FREEBIND, 1);
  else setOption(fd, SOL_IPV6, IPV6_FREEBIND, 1);
  bindToLink(fd, zone);
  const name = socketAddress(local, 0, zone?.index);
  libc('bind', fd, name, name.length);
}

/** Nothing goes or comes by another link. SO_BINDTODEVICE, by number. socket(7) */
export function bindToLink(fd: number, link: Zone | undefined): void {
  if (link !== undefined) setOption(fd, SOL_SOCKET, SO_BINDTOIFINDEX, link.index);
}

/** One instruction of classic BPF: opcode, jump if true, jump if false, operand. `<linux/filter.h>` sock_filter. */
export type BpfInstruction = readonly [code: number, jt: number, jf: number, k: number];

const FPROG_BYTES = 16; // struct sock_fprog: u16 length, pointer
const INSTRUCTION_BYTES = 8;

/** Lets only the packets through for which the program returns more than 0. The kernel copies the program. */
export function attachFilter(fd: number, program: readonly BpfInstruction[]): void {
  const header = filterProgram(program);
  libc('setsockopt', fd, SOL_SOCKET, SO_ATTACH_FILTER, header, header.byteLength);
}

/**
 * The program as SO_ATTACH_FILTER wants it: sock_fprog, which points to the instructions. They stand behind it in the same
 * memory, so they live as long as it does.
 */
export function filterProgram(program: readonly BpfInstruction[]): DataView<ArrayBuffer> {
  const memory = new ArrayBuffer(FPROG_BYTES + INSTRUCTION_BYTES * program.length);
  const view = new DataView(memory);
  view.setUint16(0, program.length, true);
  view.setBigUint64(8, addressOf(memory) + BigInt(FPROG_BYTES), true);
  program.forEach(([opcode, jt, jf, k], i) => {
    const at = FPROG_BYTES + INSTRUCTION_BYTES * i;
    view.setUint16(at, opcode, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, true);
  });
  return new DataView(memory, 0, FPROG_BYTES);
}

/** Beyond `net.core.rmem_max` where we are root; an ordinary user's root is not asked by the kernel and gets the most it may. */
export const setReceiveQueue = (fd: number, bytes: number): void =>
  setQueue(fd, { beyond: SO_RCVBUFFORCE, within: SO_RCVBUF }, bytes);

/**
 * What a server hears from anyone waits in two queues, so that a flood of SYNs fills that of the SYNs alone, and whoever has
 * been answered is heard. In each some 2,700 packets may wait while the server is busy for a moment, or not on a processor; more
 * would only wait longer where more comes than can be answered.
 */
export const SERVER_QUEUE_BYTES = 1 << 20;

/**
 * What is sent waits for up to three seconds where a neighbour does not answer (`arp_queue`), and counts as the socket's until
 * then: SYNs from addresses of the link that nobody has would fill the system's usual 208 KiB at 100 a second. The kernel keeps no
 * more than 1024 such neighbours (`gc_thresh3`).
 */
export const ANSWERS_TO_STRANGERS_BYTES = 64 << 20;

/** The same of what waits to be sent, by `net.core.wmem_max`: for the interface, or for a neighbour that has yet to answer. */
export const setSendQueue = (fd: number, bytes: number): void =>
  setQueue(fd, { beyond: SO_SNDBUFFORCE, within: SO_SNDBUF }, bytes);

function setQueue(fd: number, option: { readonly beyond: number; readonly within: number }, bytes: number): void {
  try {
    setOption(fd, SOL_SOCKET, option.beyond, bytes);
  } catch (error) {
    if (!(error instanceof SystemCallError && error.code === 'EPERM')) throw error;
    setOption(fd, SOL_SOCKET, option.within, bytes);
  }
}
