/** Packetdrill's packet text, written: `S. 0:0(0) ack 1 win 64240 <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7>`. */
import { toHex } from './bytes.js';
import { seq, seqAdd } from './seq.js';
import { formatFlags, TcpFlag } from './tcp-flags.js';
import { TcpOptionKind, type TcpOption } from './tcp-options.js';
import type { TcpSegment } from './tcp.js';

/** From where numbers count. */
export interface SegmentFormat {
  /** The sender's initial sequence number, shown as 0. Absolute numbers where left out. */
  readonly seqBase?: number | undefined;
  /** The other side's initial sequence number, shown as 0 in `ack` and in SACK blocks. Absolute numbers where left out. */
  readonly ackBase?: number | undefined;
}

const relative = (n: number, base: number | undefined): number => (base === undefined ? n : (n - base) >>> 0);

/** Option kinds kept as bytes that have a name all the same. RFC 2385; RFC 5925; RFC 8684. */
export const namedKinds: ReadonlyMap<number, string> = new Map<number, string>([
  [TcpOptionKind.MD5, 'md5'],
  [TcpOptionKind.TCP_AO, 'ao'],
  [TcpOptionKind.MPTCP, 'mptcp'],
]);

/** One option in packetdrill's words; kinds that it has no word for as `KIND:HEX`. `ackBase`: what SACK blocks count from. */
export const formatOption = (option: TcpOption, ackBase?: number): string => {
  switch (option.kind) {
    case 'eol':
      return option.padding === undefined ? 'eol' : `eol ${toHex(option.padding)}`;
    case 'nop':
      return 'nop';
    case 'mss':
      return `mss ${option.mss}`;
    case 'wscale':
      return `wscale ${option.shift}`;
    case 'sackOK':
      return 'sackOK';
    case 'sack':
      return ['sack', ...option.blocks.map((edges) => edges.map((n) => relative(n, ackBase)).join(':'))].join(' ');
    case 'timestamps':
      return `TS val ${option.value} ecr ${option.echo}`;
    case 'fastOpen':
      return [option.experimental === true ? 'FOEXP' : 'FO', toHex(option.cookie)].join(' ').trimEnd();
    case 'userTimeout':
      return `uto ${option.timeout}${option.minutes ? 'm' : 's'}`;
    case 'unknown':
      return formatUnknown(option.code, option.data, option.length);
    case 'raw':
      return `raw ${toHex(option.data)}`;
  }
};

const formatUnknown = (code: number, data: Uint8Array, length: number | undefined): string => {
  const name = namedKinds.get(code);
  if (name !== undefined && length === undefined) return `${name} ${toHex(data)}`.trimEnd();
  return `${code}${length === undefined ? '' : `/${length}`}:${toHex(data)}`;
};

/** Flags as packetdrill writes them: `-` where none is set. */
const flagsText = (flags: number): string => formatFlags(flags) || '-';

/** A segment in packetdrill's text, its numbers absolute or relative to bases. */
export const formatSegment = (
  segment: Pick<TcpSegment, 'flags' | 'seq' | 'ack' | 'window' | 'urgentPointer' | 'options' | 'payload'>,
  format: SegmentFormat = {},
): string => {
  const { flags, payload, options, urgentPointer } = segment;
  const start = seq(relative(segment.seq, format.seqBase));
  const words = [flagsText(flags), `${start}:${seqAdd(start, payload.length)}(${payload.length})`];
  if (flags & TcpFlag.ACK) words.push(`ack ${relative(segment.ack, format.ackBase)}`);
  words.push(`win ${segment.window}`);
  if (urgentPointer !== 0 || flags & TcpFlag.URG) words.push(`urg ${urgentPointer}`);
  if (options.length > 0) words.push(`<${options.map((option) => formatOption(option, format.ackBase)).join(',')}>`);
  return words.join(' ');
};
