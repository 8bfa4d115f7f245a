import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  emitPacket,
  parsePacket,
  toHex,
  type IcmpMessage,
  type Packet,
  type PacketInit,
  type TcpOption,
} from '../../src/wire/index.js';
import * as arbitrary from '../property/wire-arbitraries.js';
import { run } from './programs.js';

const packets = 3000;

/** A classic pcap file of raw IP packets. */
const pcapOf = (list: readonly Uint8Array[]): Uint8Array => {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, 0xa1b2c3d4);
  header.setUint16(4, 2);
  header.setUint16(6, 4);
  header.setUint32(16, 262144);
  header.setUint32(20, 101);
  const records = list.map((bytes, i) => {
    const record = new Uint8Array(16 + bytes.length);
    const view = new DataView(record.buffer);
    view.setUint32(0, i);
    view.setUint32(8, bytes.length);
    view.setUint32(12, bytes.length);
    record.set(bytes, 16);
    return record;
  });
  return Buffer.concat([new Uint8Array(header.buffer), ...records]);
};

/** What tshark says of each packet, by field; a field that stands several times is a list with commas. */
const dissected = (list: readonly Uint8Array[], fields: readonly string[]): readonly ReadonlyMap<string, string>[] => {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-judge-'));
  try {
    const file = join(folder, 'packets.pcap');
    writeFileSync(file, pcapOf(list));
    const preferences = ['ip.check_checksum:TRUE', 'tcp.check_checksum:TRUE', 'tcp.relative_sequence_numbers:FALSE'];
    const output = run(
      [
        'tshark',
        // What the random payload would mean to an application is not in question.
        ...['-n', '-r', file, '-d', 'tcp.port==0-65535,data'],
        ...preferences.flatMap((preference) => ['-o', preference]),
        ...['-T', 'fields', '-E', 'separator=;', ...fields.flatMap((field) => ['-e', field])],
      ],
      '',
    );
    return output
      .split('\n')
      .slice(0, -1)
      .map((line) => new Map(line.split(';').map((value, i) => [fields[i] ?? '', value])));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const parsed = (bytes: Uint8Array): Packet => {
  const result = parsePacket(bytes);
  if (!result.ok) throw new Error(`${toHex(bytes)}: ${result.error.message}`);
  return result.value;
};

const all = <Kind extends TcpOption['kind']>(packet: Packet, kind: Kind): Extract<TcpOption, { kind: Kind }>[] =>
  (packet.tcp?.options ?? []).filter((option): option is Extract<TcpOption, { kind: Kind }> => option.kind === kind);

const hexField = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** The same fields as tshark's, from our own reading of the packet. */
const expected = (packet: Packet): ReadonlyMap<string, string> => {
  const { ip, tcp } = packet;
  const list = (values: readonly (number | string)[]): string => values.join(',');
  const fields = new Map<string, string>();
  if (ip.version === 4) {
    // With a source route, tshark lists its hops as destinations too.
    if (ip.options.length === 0) fields.set('ip.dst', ip.dst);
    fields.set('ip.src', ip.src).set('ip.ttl', String(ip.ttl)).set('ip.id', hexField(ip.id, 4));
    fields.set('ip.len', String(ip.totalLength)).set('ip.dsfield', hexField(ip.tos, 2)).set('ip.checksum.status', '1');
  } else {
    fields.set('ipv6.src', ip.src).set('ipv6.dst', ip.dst).set('ipv6.hlim', String(ip.hopLimit));
    fields.set('ipv6.flow', hexField(ip.flowLabel, 6)).set('ipv6.tclass', hexField(ip.trafficClass, 8));
    fields.set('ipv6.plen', String(ip.payloadLength));
  }
  if (tcp !== undefined) {
    fields.set('tcp.srcport', String(tcp.srcPort)).set('tcp.dstport', String(tcp.dstPort));
    fields.set('tcp.seq_raw', String(tcp.seq)).set('tcp.ack_raw', String(tcp.ack));
    fields.set('tcp.flags', hexField((tcp.reserved << 9) | tcp.flags, 4));
    fields.set('tcp.window_size_value', String(tcp.window)).set('tcp.urgent_pointer', String(tcp.urgentPointer));
    fields.set('tcp.len', String(tcp.payload.length)).set('tcp.hdr_len', String(tcp.dataOffset * 4));
    fields.set('tcp.checksum.status', '1');
    fields.set('tcp.options.mss_val', list(all(packet, 'mss').map(({ mss }) => mss)));
    fields.set('tcp.options.wscale.shift', list(all(packet, 'wscale').map(({ shift }) => shift)));
    fields.set('tcp.options.timestamp.tsval', list(all(packet, 'timestamps').map(({ value }) => value)));
    fields.set('tcp.options.timestamp.tsecr', list(all(packet, 'timestamps').map(({ echo }) => echo)));
    const blocks = all(packet, 'sack').flatMap((option) => option.blocks);
    fields.set('tcp.options.sack_le', list(blocks.map(([left]) => left)));
    fields.set('tcp.options.sack_re', list(blocks.map(([, right]) => right)));
  }
  return fields;
};

const kinds = new Set<TcpOption['kind']>(['nop', 'eol', 'mss', 'wscale', 'sackOK', 'sack', 'timestamps']);
/** Packets with the options that everyone knows; a SACK option of no block is malformed to tshark. */
const plain = arbitrary.tcpPacket.filter(({ ip, tcp }) => {
  const known = (tcp?.options ?? []).every((o) => kinds.has(o.kind) && !(o.kind === 'sack' && o.blocks.length === 0));
  return known && (ip.version === 4 ? (ip.options ?? []).length === 0 : (ip.extensions ?? []).length === 0);
});

const compare = (inits: readonly PacketInit[], extra: readonly string[]): void => {
  const list = inits.map(emitPacket);
  const ours = list.map((bytes) => expected(parsed(bytes)));
  const names = [...new Set(ours.flatMap((fields) => [...fields.keys()]))];
  const theirs = dissected(list, [...names, ...extra, '_ws.malformed']);
  expect(theirs).toHaveLength(list.length);
  for (const [i, fields] of ours.entries()) {
    const theirFields = theirs[i] ?? new Map<string, string>();
    const same = new Map([...fields.keys()].map((name) => [name, theirFields.get(name)]));
    expect(same, toHex(list[i] ?? new Uint8Array(0))).toEqual(fields);
    expect(theirFields.get('_ws.malformed'), toHex(list[i] ?? new Uint8Array(0))).toBe('');
    for (const name of extra)
      expect(['', '1'], `${name} ${toHex(list[i] ?? new Uint8Array(0))}`).toContain(theirFields.get(name));
  }
};

describe('tshark', () => {
  test(`${packets} TCP packets: the same fields, nothing malformed, all checksums right`, () => {
    compare(fc.sample(plain, { numRuns: packets, seed: 1 }), []);
  });

  test('IPv4 options, source routes and IPv6 extension headers: the same TCP behind them', () => {
    const extended = arbitrary.tcpPacket.filter(({ ip, tcp }) => {
      if ((tcp?.options ?? []).length > 0) return false;
      if (ip.version === 4) return true;
      // Authentication, mobility and their like want contents that make sense to tshark.
      return (ip.extensions ?? []).every(
        ({ kind }) => kind === 'hopByHop' || kind === 'destination' || kind === 'fragment',
      );
    });
    compare(fc.sample(extended, { numRuns: 600, seed: 2 }), []);
  });

  test('ICMP and ICMPv6: checksums right', () => {
    const messages: PacketInit[] = fc
      .sample(arbitrary.packet, { numRuns: 2000, seed: 3 })
      .filter(
        ({ icmp, icmpv6, ip }) => (icmp !== undefined || icmpv6 !== undefined) && isEcho(icmp ?? icmpv6) && isPlain(ip),
      );
    expect(messages.length).toBeGreaterThan(50);
    compare(messages, ['icmp.checksum.status', 'icmpv6.checksum.status']);
  });

  test('a checksum asked to be wrong is seen as wrong', () => {
    const init = { ip: { version: 4, src: '192.0.2.1', dst: '192.0.2.2', checksum: 1 }, tcp: { checksum: 1 } } as const;
    const [fields] = dissected([emitPacket(init)], ['ip.checksum.status', 'tcp.checksum.status']);
    expect(Object.fromEntries(fields ?? [])).toEqual({ 'ip.checksum.status': '0', 'tcp.checksum.status': '0' });
  });
});

const isEcho = (message: (Pick<IcmpMessage, never> & { readonly kind?: string }) | undefined): boolean =>
  message?.kind === 'echoRequest' || message?.kind === 'echoReply';
const isPlain = (ip: PacketInit['ip']): boolean =>
  ip.version === 4 ? (ip.options ?? []).length === 0 : (ip.extensions ?? []).length === 0;
