/** Chooses how packets get out: raw-socket where it loads, else SOCK_RAW through libc. */
import type { PacketPort, Transport } from '../driver/ports.js';
import { RawshakeError } from '../error.js';
import { withIcmp } from './icmp-socket.js';
import { SystemCallError } from './libc.js';
import { openLibcPort } from './libc-port.js';
import type { NetworkNamespace } from './netns.js';
import type { PortOptions } from './raw-flow.js';
import { loadRawSocket } from './raw-socket-module.js';
import { openRawSocketPort } from './raw-socket-port.js';

/** What a user may ask for. */
export type TransportChoice = 'auto' | Exclude<Transport, 'memory'>;

/** What `auto` takes here. */
export const preferredTransport = (): Exclude<Transport, 'memory'> =>
  'module' in loadRawSocket() ? 'raw-socket' : 'libc';

/**
 * Opens a port, in `netns` where given.
 * @throws {RawshakeError} RS_NO_RAW_SOCKET where the kernel refuses; RS_NO_TRANSPORT where raw-socket is asked for and does not load
 */
export function openPort(choice: TransportChoice, options: PortOptions, netns?: NetworkNamespace): PacketPort {
  const transport = choice === 'auto' ? preferredTransport() : choice;
  const openSocket = (): PacketPort => {
    if (transport === 'libc') return openLibcPort(options);
    const rawSocket = loadRawSocket();
    if ('error' in rawSocket) throw notLoaded(rawSocket.error);
    return openRawSocketPort(rawSocket.module, options);
  };
  const open = (): PacketPort => withIcmp(openSocket(), options);
  try {
    return netns === undefined ? open() : netns.run(open);
  } catch (error) {
    if (error instanceof RawshakeError) throw error;
    throw refused(error);
  }
}

const notLoaded = (cause: Error): RawshakeError =>
  new RawshakeError(
    'RS_NO_TRANSPORT',
    `raw-socket: the package does not load (${cause.message.split('\n')[0] ?? ''})`,
    {
      cause,
      hint: {
        en: 'Install a C++ compiler, make and python3, then run: npm ci. Or use --transport libc.',
        zh: '请安装 C++ 编译器、make 和 python3，然后运行 npm ci；或者使用 --transport libc。',
      },
    },
  );

const refused = (cause: unknown): RawshakeError => {
  const why = cause instanceof SystemCallError ? cause.message : String(cause);
  return new RawshakeError('RS_NO_RAW_SOCKET', `raw socket: the kernel refused it (${why})`, {
    cause,
    hint: {
      en: 'Run as root, or give node the capabilities CAP_NET_RAW and CAP_NET_ADMIN.',
      zh: '请以 root 身份运行，或者授予 node CAP_NET_RAW 和 CAP_NET_ADMIN 权能。',
    },
  });
};
