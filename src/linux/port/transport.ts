/** Chooses how packets get out: raw-socket where it loads, else SOCK_RAW through libc; AF_PACKET where it is asked for. */
import type { PacketPort, Transport } from '../../driver/ports.js';
import { about, RawshakeError } from '../../error.js';
import { withIcmp } from './icmp-socket.js';
import { martians, withObjection } from './martians.js';
import { SystemCallError } from '../libc/libc.js';
import { openLibcPort } from './libc-port.js';
import type { NetworkNamespace } from '../namespace/netns.js';
import { openPacketPort } from './packet-port.js';
import { withPathMtu } from './path-mtu.js';
import type { PortOptions } from './raw-flow.js';
import { loadRawSocket, type NotLoaded } from './raw-socket-module.js';
import { openRawSocketPort } from './raw-socket-port.js';
import { familyOf } from '../libc/sockaddr.js';
import { withAdoption } from './tcp-repair.js';
import { privilegeHint } from '../namespace/user-namespace.js';

/** What a user may ask for. */
export type TransportChoice = 'auto' | Exclude<Transport, 'memory'>;

/** What `auto` takes here. */
export const preferredTransport = (): Exclude<Transport, 'memory' | 'packet'> =>
  'module' in loadRawSocket() ? 'raw-socket' : 'libc';

/**
 * Opens a port, in `netns` where given.
 * @throws {RawshakeError} RS_NO_RAW_SOCKET where the kernel refuses; RS_NO_TRANSPORT where raw-socket is asked for and
 * does not load, or AF_PACKET on an interface without Ethernet; RS_NO_ROUTE for AF_PACKET where no route leads to the peer
 */
export function openPort(choice: TransportChoice, options: PortOptions, netns?: NetworkNamespace): PacketPort {
  const transport = choice === 'auto' ? preferredTransport() : choice;
  const open = (): PacketPort => {
    switch (transport) {
      case 'packet':
        return openPacketPort(options);
      case 'libc':
        return withObjection(withIcmp(openLibcPort(options), options), martians(familyOf(options.local), 'kernel'));
      case 'raw-socket': {
        const rawSocket = loadRawSocket();
        if (!('module' in rawSocket)) throw notLoaded(rawSocket);
        const port = withIcmp(openRawSocketPort(rawSocket.module, options), options);
        return withObjection(port, martians(familyOf(options.local), 'kernel'));
      }
    }
  };
  try {
    const openAll = (): PacketPort => withPathMtu(open, options);
    return withAdoption(netns === undefined ? openAll() : netns.run(openAll), options.zone, netns);
  } catch (error) {
    if (error instanceof RawshakeError) throw error;
    throw refused(error);
  }
}

function notLoaded({ why, hint, cause }: NotLoaded): RawshakeError {
  return new RawshakeError('RS_NO_TRANSPORT', about('raw-socket', why), {
    cause,
    hint: {
      en: `${hint.en}. Or use --transport libc: all results are the same.`,
      zh: `${hint.zh}。或者使用 --transport libc，结果完全相同。`,
    },
  });
}

const refused = (cause: unknown): RawshakeError => {
  const why = cause instanceof SystemCallError ? cause.message : String(cause);
  const refusal = { en: `the kernel refused it (${why})`, zh: `内核拒绝了它（${why}）` };
  return new RawshakeError('RS_NO_RAW_SOCKET', about({ en: 'raw socket', zh: '原始套接字' }, refusal), {
    cause,
    hint: privilegeHint(),
  });
};
