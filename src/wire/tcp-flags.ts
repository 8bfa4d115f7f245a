/** The nine control bits and their letters. RFC 9293 §3.1; AE: RFC 9768 §3.1. Letters: packetdrill's. */
import { badField } from './error.js';

/** The control bits, as they stand in header bytes 12 (AE) and 13. RFC 9293 §3.1; AE: RFC 9768. */
export const TcpFlag = {
  FIN: 0x001,
  SYN: 0x002,
  RST: 0x004,
  PSH: 0x008,
  ACK: 0x010,
  URG: 0x020,
  ECE: 0x040,
  CWR: 0x080,
  AE: 0x100,
} as const;

/** Those of SYN, ACK and RST that are set: what a handshake goes by. RFC 9293 §3.5 */
export const handshakeFlags = (flags: number): number => flags & (TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST);

/** Letters in the order of their bits; the dot is ACK. */
const letters = 'FSRP.UEWA';

const texts = Array.from({ length: 512 }, (_, mask) =>
  Array.from(letters)
    .filter((_letter, bit) => (mask >>> bit) & 1)
    .join(''),
);

/** Packetdrill's letters for a mask of `TcpFlag`, in the order `F S R P . U E W A`; empty where no bit is set. */
export const formatFlags = (mask: number): string => texts[mask & 0x1ff] ?? '';

/** The bit of each letter, by its character code; 0 for all others. */
const bitByCode = new Uint16Array(128);
for (let bit = 0; bit < letters.length; bit++) bitByCode[letters.charCodeAt(bit)] = 1 << bit;

/** The mask of `TcpFlag` that letters in any order stand for, or undefined where one is no flag's letter. */
export const flagsFromLetters = (text: string): number | undefined => {
  let mask = 0;
  for (let i = 0; i < text.length; i++) {
    const bit = bitByCode[text.charCodeAt(i)] ?? 0;
    if (bit === 0) return undefined;
    mask |= bit;
  }
  return mask;
};

/**
 * The mask of `TcpFlag` that packetdrill's letters stand for, in any order; `'-'` and `''` are none.
 * Throws `WireInputError` on any other letter.
 */
export const parseFlags = (text: string): number => {
  const mask = text === '-' ? 0 : flagsFromLetters(text);
  if (mask === undefined) throw badField('tcp.flags', text, 'letters out of F S R P . U E W A');
  return mask;
};
