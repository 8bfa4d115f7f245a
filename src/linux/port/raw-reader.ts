/** Reads a SOCK_RAW socket through libc: every packet whole, with the IP header that AF_INET6 withholds put before it. */
import { Listeners } from '../../driver/listeners.js';
import { libcNonBlocking } from '../libc/libc.js';
import { addressText, RECEIVE_BYTES, withIpv6Header } from './raw-flow.js';
import { type Watch, watchReadable } from '../libc/reactor.js';
import type { Family } from '../libc/sockaddr.js';

export interface RawReaderOptions {
  readonly fd: number;
  readonly family: Family;
  /** The address that packets are received for; of IPv6 the kernel does not tell it otherwise. */
  readonly local: string;
  /** The protocol that the socket was opened for. */
  readonly protocol: number;
  /** The bytes are overwritten by the next packet. */
  readonly onPacket: (packet: Uint8Array) => void;
  readonly errors: Listeners<Error>;
  /** Packets read in one turn of the event loop: whoever sends without end is not to keep all else waiting. Default 256. */
  readonly mostInATurn?: number;
}

/** sockaddr_in6, and where its address stands. */
const NAME_BYTES = 28;
const NAME_ADDRESS = [8, 24] as const;

export interface RawReader extends Watch {
  /** Reads what waits, now; not more in one turn than there may be. */
  read(): void;
}

const MOST_IN_A_TURN = 256;

/** Reads what waits whenever something does, until closed. */
export function readRawSocket(options: RawReaderOptions): RawReader {
  const { fd, family, local, protocol, onPacket, errors, mostInATurn = MOST_IN_A_TURN } = options;
  const buffer = new Uint8Array(new ArrayBuffer(RECEIVE_BYTES));
  const name = new Uint8Array(new ArrayBuffer(NAME_BYTES));
  const nameLength = new Uint32Array(1);
  let open = true;
  /** How many may still be read in this turn. */
  let left = mostInATurn;

  /** False where no packet waits. */
  const readOne = (): boolean => {
    nameLength[0] = NAME_BYTES;
    const length = libcNonBlocking('recvfrom', fd, buffer, buffer.length, 0, name, nameLength);
    if (length === undefined) return false;
    const bytes = buffer.subarray(0, length);
    const source = () => addressText(name.subarray(...NAME_ADDRESS));
    onPacket(family === 4 ? bytes : withIpv6Header(bytes, protocol, source(), local));
    return true;
  };
  const readSome = (): void => {
    try {
      while (open && left > 0 && readOne()) left -= 1;
    } catch (error) {
      errors.emit(error as Error);
    }
  };
  readSome(); // Though nothing waits yet: the first packet that counts finds the path trodden.
  const watch = watchReadable(fd, () => {
    left = mostInATurn;
    readSome();
  });
  return {
    read: readSome,
    close() {
      open = false;
      watch.close();
    },
  };
}
