/** Partial packets as patterns: the shape of an init, in which a field left out means "any". */
import { sameBytes, toHex } from './bytes.js';
import type { PartialNotation } from './notation-parse.js';
import type { Packet, PacketInit } from './packet-types.js';
import { flagsFromLetters, formatFlags } from './tcp-flags.js';
import type { TcpOption } from './tcp-options.js';
import type { TcpInit, TcpSegment } from './tcp.js';

/** `T` with every field optional, down to the leaves. Byte strings and plain values are leaves. */
export type Partially<T> = T extends Uint8Array | string | number | boolean | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Partially<Item>[]
    : { readonly [Key in keyof T]?: Partially<T[Key]> | undefined };

/** What a segment is to look like. */
export type SegmentPattern = Partially<TcpInit> & {
  /** The payload's length in bytes, where its content does not matter. */
  readonly payloadLength?: number | undefined;
  /** Whether other options may stand among those of the pattern, which are there in its order all the same. */
  readonly otherOptions?: boolean | undefined;
  /** Whether the checksum is to be right. */
  readonly checksumOk?: boolean | undefined;
};

/** What a packet is to look like. */
export type PacketPattern = Partially<Omit<PacketInit, 'tcp'>> & { readonly tcp?: SegmentPattern | undefined };

/** A field that is not as the pattern wants it. */
export interface Mismatch {
  /** The field, such as `tcp.options[1].mss`. */
  readonly path: string;
  /** What the pattern wants, as text. */
  readonly expected: string;
  /** What was seen, as text. */
  readonly actual: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value);

/** An option or the like, whole or partial, as `kind field=value`. */
const showRecord = ({ kind, ...fields }: Readonly<Record<string, unknown>>): string => {
  const words = Object.entries(fields).map(([key, value]) => `${key}=${show('', value)}`);
  return [...(typeof kind === 'string' ? [kind] : []), ...words].join(' ');
};

/** A value as a person would write it. */
const show = (path: string, value: unknown): string => {
  if (value === undefined) return 'none';
  if (path === 'tcp.flags') return showFlags(value);
  if (value instanceof Uint8Array)
    return `${value.length} bytes ${toHex(value.subarray(0, 32))}${value.length > 32 ? '…' : ''}`.trimEnd();
  if (Array.isArray(value)) return `<${value.map((item: unknown) => show('', item)).join(',')}>`;
  if (isRecord(value)) return showRecord(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const showFlags = (value: unknown): string => (typeof value === 'number' ? formatFlags(value) : String(value)) || '-';

const sameFlags = (expected: unknown, actual: unknown): boolean => {
  if (typeof expected !== 'string') return expected === actual;
  return (expected === '-' ? 0 : flagsFromLetters(expected)) === actual;
};

const compare = (path: string, expected: unknown, actual: unknown, found: Mismatch[]): void => {
  const differs = (): void => {
    found.push({ path, expected: show(path, expected), actual: show(path, actual) });
  };
  if (expected === undefined) return;
  if (path === 'tcp.flags') {
    if (!sameFlags(expected, actual)) differs();
  } else if (expected instanceof Uint8Array) {
    if (!(actual instanceof Uint8Array) || !sameBytes(expected, actual)) differs();
  } else if (Array.isArray(expected)) {
    compareLists(path, expected, actual, found, differs);
  } else if (isRecord(expected)) {
    if (!isRecord(actual)) differs();
    else for (const [key, value] of Object.entries(expected)) compare(`${path}.${key}`, value, actual[key], found);
  } else if (expected !== actual) {
    differs();
  }
};

const compareLists = (
  path: string,
  expected: readonly unknown[],
  actual: unknown,
  found: Mismatch[],
  differs: () => void,
): void => {
  if (!Array.isArray(actual) || actual.length !== expected.length) {
    differs();
    return;
  }
  for (const [i, item] of expected.entries()) {
    const other: unknown = actual[i];
    const kindsDiffer =
      isRecord(item) && isRecord(other) && item['kind'] !== undefined && item['kind'] !== other['kind'];
    // Of two options of different kinds, the fields are not worth comparing.
    if (kindsDiffer) found.push({ path: `${path}[${i}]`, expected: show('', item), actual: show('', other) });
    else compare(`${path}[${i}]`, item, other, found);
  }
};

/** Each expected option, in this order; what stands between them does not matter. */
const compareAmongOthers = (expected: readonly unknown[], actual: readonly TcpOption[], found: Mismatch[]): void => {
  const rest = [...actual];
  const isThere = (option: unknown): boolean => {
    for (let other = rest.shift(); other !== undefined; other = rest.shift()) {
      const differences: Mismatch[] = [];
      compare('option', option, other, differences);
      if (differences.length === 0) return true;
    }
    return false;
  };
  if (expected.every(isThere)) return;
  const path = 'tcp.options';
  found.push({ path, expected: show('', expected).replace(/>$/, ',...>'), actual: show('', actual) });
};

/** What of a segment is not as the pattern wants it; empty where all is. */
export const matchSegment = (segment: TcpSegment, pattern: SegmentPattern): readonly Mismatch[] => {
  const found: Mismatch[] = [];
  const { payloadLength, otherOptions = false, options, ...fields } = pattern;
  compare('tcp', fields, segment, found);
  if (otherOptions) compareAmongOthers(options ?? [], segment.options, found);
  else compare('tcp', { options }, segment, found);
  if (payloadLength !== undefined) compare('tcp.payload.length', payloadLength, segment.payload.length, found);
  return found;
};

/** What of a packet is not as the pattern wants it; empty where all is. */
export const matchPacket = (packet: Packet, pattern: PacketPattern): readonly Mismatch[] => {
  const found: Mismatch[] = [];
  const { tcp, ...layers } = pattern;
  const seen = new Map<string, unknown>(Object.entries(packet));
  for (const [layer, expected] of Object.entries(layers)) compare(layer, expected, seen.get(layer), found);
  if (tcp === undefined) return found;
  if (packet.tcp === undefined) return [...found, { path: 'tcp', expected: 'a TCP segment', actual: 'none' }];
  return [...found, ...matchSegment(packet.tcp, tcp)];
};

/** What a packet's text says of the segment: what it leaves out means "any", but for options (see `Notation`). */
export const segmentPattern = (notation: PartialNotation): SegmentPattern => {
  const { srcPort, dstPort, flags, seq, payloadLength, ack, window, urgentPointer, options, otherOptions } = notation;
  return { srcPort, dstPort, flags, seq, payloadLength, ack, window, urgentPointer, options, otherOptions };
};

/** What of a packet is not as packetdrill's text wants it; see `segmentPattern`. */
export const matchNotation = (packet: Packet, notation: PartialNotation): readonly Mismatch[] => {
  const { version, src, dst, ecn, tos, flowLabel, ttl } = notation;
  const { ip } = packet;
  const found: Mismatch[] = [];
  const [tosSeen, ttlSeen] = ip.version === 4 ? [ip.tos, ip.ttl] : [ip.trafficClass, ip.hopLimit];
  const flowLabelSeen = ip.version === 6 ? ip.flowLabel : undefined;
  compare('ip', { version, src, dst }, ip, found);
  compare('ip', { tos, ttl, flowLabel }, { tos: tosSeen, ttl: ttlSeen, flowLabel: flowLabelSeen }, found);
  if (ecn !== undefined && !ecn.includes(tosSeen & 3))
    found.push({ path: 'ip.ecn', expected: ecn.join(' or '), actual: String(tosSeen & 3) });
  return [...found, ...matchPacket(packet, { tcp: segmentPattern(notation) })];
};

/** Mismatches as lines `tcp.flags: expected S., got R`, fields aligned. */
export const formatMismatches = (mismatches: readonly Mismatch[]): string => {
  const width = mismatches.reduce((most, { path }) => Math.max(most, path.length), 0);
  return mismatches
    .map(({ path, expected, actual }) => `${`${path}:`.padEnd(width + 1)} expected ${expected}, got ${actual}`)
    .join('\n');
};
