/** What people call a segment: SYN, SYN/ACK, SYN/ECE/CWR, RST, FIN/ACK, and the data it carries. PSH goes without saying. */
import { TcpFlag, type TcpSegment } from '../wire/index.js';
import { grouped } from './grouped.js';
import { readable } from './readable.js';

const NAMED: readonly (readonly [mask: number, name: string])[] = [
  [TcpFlag.SYN, 'SYN'],
  [TcpFlag.FIN, 'FIN'],
  [TcpFlag.RST, 'RST'],
  [TcpFlag.ACK, 'ACK'],
  [TcpFlag.URG, 'URG'],
  [TcpFlag.ECE, 'ECE'],
  [TcpFlag.CWR, 'CWR'],
  [TcpFlag.AE, 'AE'],
];

const MOST_CHARACTERS = 12;

/** `SYN/ACK`, `ACK`, `"hello"` where there is data (its ACK goes without saying), `no flags`. */
export function segmentName({ flags, payload }: Pick<TcpSegment, 'flags' | 'payload'>): string {
  const names = NAMED.filter(([mask]) => (flags & mask) !== 0).map(([, name]) => name);
  if (payload.length === 0) return names.length === 0 ? 'no flags' : names.join('/');
  const controls = names.filter((name) => name !== 'ACK');
  return [...controls, dataName(payload)].join(' ');
}

/** What is no text is of no use to a reader: its length is. */
const dataName = (payload: Uint8Array): string =>
  isText(payload) ? readable(payload, MOST_CHARACTERS) : `data, ${bytesText(payload.length)}`;

/** By what would be shown of it; a character that is cut off at its end is none that is wrong. */
function isText(payload: Uint8Array): boolean {
  try {
    const shown = new TextDecoder('utf-8', { fatal: true }).decode(payload.subarray(0, 4 * MOST_CHARACTERS), {
      stream: true,
    });
    return !shown.includes('\0');
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

const bytesText = (length: number): string => `${grouped(length)} byte${length === 1 ? '' : 's'}`;
