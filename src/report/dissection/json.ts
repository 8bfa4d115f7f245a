/** A dissected packet as JSON: the fields that every packet has, and its layers with all of theirs. */
import { checksumState, formatFlags, isChecksumOk, type SegmentFormat } from '../../wire/index.js';
import { hexOf, segmentJson, type SegmentJson } from '../packet-json.js';
import { partsOf, type Dissection, type Part } from './parts.js';
import { describePacket } from './row.js';
import { segmentIn } from './segment-in.js';

/** One layer. Besides these three, all fields of its header by the names that the library has for them. */
export interface LayerJson {
  readonly layer: string;
  /** First byte, from the start of the packet's `bytes`. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  readonly [field: string]: unknown;
}

/** What a capture says of a packet besides its bytes. */
export interface CaptureJson {
  readonly number: number;
  /** Seconds since the first packet; left out where the capture does not say when. */
  readonly at?: number;
  /** RFC 3339, to the nanosecond. */
  readonly time?: string;
  readonly interface?: string;
  readonly comments?: readonly string[];
  /** Length on the wire, where the capture has less. */
  readonly wireBytes?: number;
}

export type PacketJson = CaptureJson & {
  readonly layers: readonly LayerJson[];
  /** Why the rest could not be read; or which layer lacks bytes. */
  readonly error?: { readonly code: string; readonly message: string } | undefined;
} & (
    | SegmentJson
    | {
        readonly src?: string | undefined;
        readonly dst?: string | undefined;
        readonly text: string;
        readonly bytes: string;
      }
  );

/** Bytes as hex digits, quoted packets left to their own layers. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return hexOf(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
};

/** Copies the fields of a header, but for those named, whose bytes are layers of their own. */
const copyFields = (from: object, to: Record<string, unknown>, without: readonly string[] = []): void => {
  const fields = from as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(from)) {
    const value = fields[name];
    if (value === undefined || without.includes(name)) continue;
    to[name] = typeof value === 'object' ? plain(value) : value;
  }
};

const layerJson = ({ content, offset, size, quoted }: Part, bytes: Uint8Array): LayerJson => {
  const json: Record<string, unknown> & LayerJson = { layer: content.layer, offset, size };
  if (quoted) json['quoted'] = true;
  const raw = (): string => hexOf(bytes.subarray(offset, offset + size));
  switch (content.layer) {
    case 'link':
      copyFields(content.header, json, ['kind']);
      return { ...json, layer: content.header.kind };
    case 'arp':
      copyFields(content.arp, json);
      return json;
    case 'ipv4':
      copyFields(content.ip, json);
      return json;
    case 'ipv6':
      copyFields(content.ip, json, ['extensions']);
      return json;
    case 'ipv6-extension':
      copyFields(content.extension, json);
      return json;
    case 'icmp':
    case 'icmpv6':
      json['type'] = bytes[offset] ?? 0;
      copyFields(content.message, json, ['payload', 'quoted']);
      return json;
    case 'tcp':
      copyFields(content.segment, json, ['payload']);
      json['flags'] = formatFlags(content.segment.flags);
      json['checksumOk'] = isChecksumOk(checksumState(content.packet, content.segment));
      return json;
    case 'tcp-start':
      copyFields(content.start, json);
      return { ...json, layer: 'tcp', cut: true };
    case 'payload':
      if (content.protocol !== undefined) json['protocol'] = content.protocol;
      json['data'] = raw();
      return json;
    case 'data':
    case 'trailer':
    case 'unread':
      json['data'] = raw();
      return json;
  }
};

const textOf = (dissection: Dissection): string => {
  const { name, what } = describePacket(dissection, undefined);
  return [name, what].join(' ').trim();
};

/** `numbers`: what those in `text` count from. `damage`: why the capture's own word on the packet cannot be trusted. */
export const dissectionJson = (
  dissection: Dissection,
  capture: CaptureJson,
  numbers: SegmentFormat | undefined,
  damage: string | undefined,
): PacketJson => {
  const { bytes, frame, error, cut } = dissection;
  const found = segmentIn(dissection);
  const damaged = damage === undefined ? undefined : { code: 'damaged-capture', message: damage };
  const ip = frame?.packet?.ip;
  const fields =
    found === undefined
      ? { src: ip?.src, dst: ip?.dst, text: textOf(dissection), bytes: hexOf(bytes) }
      : segmentJson(found.packet, found.segment, numbers ?? {}, bytes);
  const layers = partsOf(dissection).map((part) => layerJson(part, bytes));
  // Not by spreading: that takes most of the time of a large capture.
  return Object.assign({}, capture, fields, { error: error ?? cut ?? damaged, layers });
};
