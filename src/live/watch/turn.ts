/** What a frame says of its connection, read from the bytes themselves: most are looked at once and forgotten. */
import type { PassedFrame } from '../../linux/capture/turn-ring.js';
import { addressBytes } from '../../linux/libc/sockaddr.js';
import type { Flow } from '../../wire/flow.js';
import { TcpFlag } from '../../wire/index.js';

export interface Turn {
  readonly frame: PassedFrame;
  readonly family: 4 | 6;
  /** The same for both directions. */
  readonly connection: string;
  /** Which of the two it comes from: of a connection always the same. */
  readonly isFirst: boolean;
  readonly kind: 'syn' | 'syn-ack' | 'reset' | 'fin';
  readonly seq: number;
  readonly ack: number;
}

const TCP_PROTOCOL = 6;

/** undefined: it is no whole header of TCP. */
export function turnIn(frame: PassedFrame): Turn | undefined {
  const { bytes, linkHeaderBytes: ip } = frame;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < ip + 40) return undefined;
  const version = view.getUint8(ip) >> 4;
  if (version !== 4 && version !== 6) return undefined;
  const [headerBytes, protocol, addresses, words] =
    version === 4 ? [(view.getUint8(ip) & 15) * 4, view.getUint8(ip + 9), 12, 2] : [40, view.getUint8(ip + 6), 8, 8];
  const tcp = ip + headerBytes;
  if (protocol !== TCP_PROTOCOL || bytes.length < tcp + 20) return undefined;
  const end = (address: number, port: number): string => {
    const units: number[] = [];
    for (let i = 0; i < words; i++) units.push(view.getUint16(address + 2 * i));
    return String.fromCharCode(...units, view.getUint16(port));
  };
  const from = end(ip + addresses, tcp);
  const to = end(ip + addresses + 2 * words, tcp + 2);
  const isFirst = from <= to;
  const kind = kindOf(view.getUint8(tcp + 13));
  if (kind === undefined) return undefined;
  return {
    ...{ frame, family: version, connection: isFirst ? from + to : to + from, isFirst, kind },
    ...{ seq: view.getUint32(tcp + 4), ack: view.getUint32(tcp + 8) },
  };
}

/** As `connection` of its turns. */
export function connectionOf({ src, srcPort, dst, dstPort }: Flow): string {
  const [one, other] = [endOf(src, srcPort), endOf(dst, dstPort)];
  return one <= other ? one + other : other + one;
}

function endOf(address: string, port: number): string {
  const bytes = addressBytes(address);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const units = Array.from({ length: bytes.length / 2 }, (_, i) => view.getUint16(2 * i));
  return String.fromCharCode(...units, port);
}

function kindOf(flags: number): Turn['kind'] | undefined {
  if ((flags & TcpFlag.RST) !== 0) return 'reset';
  if ((flags & TcpFlag.SYN) !== 0) return (flags & TcpFlag.ACK) === 0 ? 'syn' : 'syn-ack';
  return (flags & TcpFlag.FIN) === 0 ? undefined : 'fin';
}
