/** What people call a segment: SYN, SYN/ACK, RST, FIN/ACK, and the data it carries. */
import { TcpFlag, type TcpSegment } from '../wire/index.js';

const NAMED: readonly (readonly [mask: number, name: string])[] = [
  [TcpFlag.SYN, 'SYN'],
  [TcpFlag.FIN, 'FIN'],
  [TcpFlag.RST, 'RST'],
  [TcpFlag.ACK, 'ACK'],
];

const MOST_CHARACTERS = 12;

/** `SYN/ACK`, `ACK`, `"hello"` where there is data (its ACK goes without saying), `no flags`. */
export function segmentName({ flags, payload }: Pick<TcpSegment, 'flags' | 'payload'>): string {
  const names = NAMED.filter(([mask]) => (flags & mask) !== 0).map(([, name]) => name);
  if (payload.length === 0) return names.length === 0 ? 'no flags' : names.join('/');
  const controls = names.filter((name) => name !== 'ACK');
  return [...controls, quoted(payload)].join(' ');
}

function quoted(payload: Uint8Array): string {
  const text = new TextDecoder('utf-8').decode(payload).replace(/\p{C}/gu, '·');
  const shown = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
  return `"${shown}"`;
}
