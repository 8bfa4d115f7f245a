/** Which sockets of a host have a port at an address, so that nobody else can bind it. sock_diag(7), inet_diag.c. */
import type { SocketRow, SocketState } from '../../evidence/socket-table.js';
import { formatIpv6Address } from '../../wire/index.js';
import type { Flow } from '../../wire/flow.js';
import { SystemCallError } from '../libc/libc.js';
import { Attributes } from './attributes.js';
import type { NetlinkMessage } from './messages.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { openSockDiag } from './sock-diag.js';
import { ANY, diagDump, INET_DIAG_MSG } from './sock-diag-messages.js';
import { socketRow } from './socket-dump.js';
import { addressBytes, type Family, familyOf } from '../libc/sockaddr.js';
import type { Zone } from '../port/zone.js';

export interface LocalEnd {
  readonly address: string;
  readonly port: number;
  /** The link of a link-local address, together with which it is bound. RFC 4007 §6. */
  readonly zone?: Zone | undefined;
}

export interface PortHolder extends Flow {
  readonly state: SocketState;
  /** By which /proc/PID/fd names it; 0 where no descriptor leads to it, as in TIME_WAIT. */
  readonly inode: number;
  /** When the kernel ends it by itself: of one in TIME_WAIT, or in FIN_WAIT2 that no program has. tcp_time_wait(). */
  readonly goneInMs?: number;
}

/** The inode of a socket that no descriptor leads to. */
export const NOBODYS = 0;

const TIME_WAIT_TIMER = 3; // inet_twsk_diag_fill()
const INET_DIAG_SKV6ONLY = 11; // enum in <linux/inet_diag.h>

/** Listeners first, then connections; merely bound sockets where the kernel shows them (from about 6.8 on). */
export function portHolders({ address, port }: LocalEnd, netns?: NetworkNamespace): PortHolder[] {
  const found: PortHolder[] = [];
  // An IPv6 socket may be bound to IPv4 addresses as well.
  const families: readonly Family[] = familyOf(address) === 4 ? [4, 6] : [6];
  try {
    openSockDiag(netns).use((socket) => {
      for (const family of families) {
        for (const message of socket.dump(diagDump(family, port))) {
          const holder = holderIn(message, family);
          // Of sockets that are merely bound the kernel shows those of every port.
          if (holder.srcPort === port && isAt(address, holder, message)) found.push(holder);
        }
      }
    });
  } catch (error) {
    // A kernel without IPv6, or without tcp_diag.
    if (!(error instanceof SystemCallError && error.code === 'ENOENT')) throw error;
  }
  const rank = ({ state }: PortHolder): number => (state === 'LISTEN' ? 0 : 1);
  return found.sort((a, b) => rank(a) - rank(b));
}

/** All that listen on a port, at whatever address. */
export const listenersOn = (port: number, netns?: NetworkNamespace): readonly (PortHolder & SocketRow)[] =>
  openSockDiag(netns).use((socket) =>
    ([4, 6] as const)
      .flatMap((family) => socket.list(diagDump(family, port), (message) => holderIn(message, family)))
      .filter(({ state, srcPort }) => state === 'LISTEN' && srcPort === port),
  );

function holderIn(message: NetlinkMessage, family: Family): PortHolder & SocketRow {
  const field = INET_DIAG_MSG.read(message.body);
  return {
    ...socketRow(message, family),
    inode: field('inode'),
    ...(field('timer') === TIME_WAIT_TIMER && { goneInMs: field('expiresMs') }),
  };
}

/** Whether it stands in the way of a bind() to the address. inet_rcv_saddr_equal(). */
function isAt(address: string, { src }: PortHolder, message: NetlinkMessage): boolean {
  if (src === address || src === ANY[4]) return true;
  if (src === ANY[6]) return familyOf(address) === 6 || !isForIpv6Only(message);
  return familyOf(address) === 4 && src === mapped(address);
}

/** As an IPv6 socket has an IPv4 address. RFC 4291 §2.5.5.2. */
const mapped = (address: string): string =>
  formatIpv6Address(Uint8Array.of(...new Array<number>(10).fill(0), 0xff, 0xff, ...addressBytes(address)));

const isForIpv6Only = ({ body }: NetlinkMessage): boolean =>
  new Attributes(body, INET_DIAG_MSG.bytes).bytes(INET_DIAG_SKV6ONLY)?.[0] === 1;
