import fc from 'fast-check';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { emitPacket, fromHex, parsePacket, toHex, type Packet, type TcpOption } from '../../src/wire/index.js';
import * as arbitrary from '../property/wire-arbitraries.js';
import { run, scapyPython } from './programs.js';

const packets = 2000;
const script = fileURLToPath(new URL('wire-scapy.py', import.meta.url));

const scapy = (args: readonly string[], input: string): unknown[] =>
  run([scapyPython(), script, ...args], input)
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

const parsed = (bytes: Uint8Array): Packet => {
  const result = parsePacket(bytes);
  if (!result.ok) throw new Error(`${toHex(bytes)}: ${result.error.message}`);
  return result.value;
};

/** An option as scapy names it. */
const optionOf = (option: TcpOption): readonly [string, unknown] => {
  switch (option.kind) {
    case 'eol':
      return ['EOL', null];
    case 'nop':
      return ['NOP', null];
    case 'mss':
      return ['MSS', option.mss];
    case 'wscale':
      return ['WScale', option.shift];
    case 'sackOK':
      return ['SAckOK', ''];
    case 'sack':
      return ['SAck', option.blocks.flat()];
    case 'timestamps':
      return ['Timestamp', [option.value, option.echo]];
    case 'unknown':
      return [String(option.code), toHex(option.data)];
    case 'fastOpen':
    case 'userTimeout':
    case 'raw':
      return [option.kind, 'not compared'];
  }
};

/** The fields of the script, from our own reading of the packet. */
const fieldsOf = (packet: Packet): Readonly<Record<string, unknown>> => {
  const { ip, tcp } = packet;
  const common = { src: ip.src, dst: ip.dst };
  const header =
    ip.version === 4
      ? {
          tos: ip.tos,
          id: ip.id,
          ttl: ip.ttl,
          totalLength: ip.totalLength,
          ihl: ip.ihl,
          protocol: ip.protocol,
          flags: (ip.reservedFlag ? 4 : 0) | (ip.dontFragment ? 2 : 0) | (ip.moreFragments ? 1 : 0),
          ipChecksumOk: ip.checksumOk,
        }
      : {
          trafficClass: ip.trafficClass,
          flowLabel: ip.flowLabel,
          hopLimit: ip.hopLimit,
          payloadLength: ip.payloadLength,
        };
  if (tcp === undefined) return { ...common, ...header };
  const { srcPort, dstPort, seq, ack, dataOffset, window, checksum, urgentPointer, checksumOk } = tcp;
  const control = (tcp.reserved << 9) | tcp.flags;
  const options = tcp.options.map(optionOf);
  const numbers = { srcPort, dstPort, seq, ack, dataOffset, control, window, checksum, urgentPointer };
  return { ...common, ...header, tcp: { ...numbers, payload: toHex(tcp.payload), options, checksumOk } };
};

const known = new Set<TcpOption['kind']>(['nop', 'eol', 'mss', 'wscale', 'sackOK', 'sack', 'timestamps', 'unknown']);
/** What both name alike: no option that scapy has a name of its own for, none that it reads as an empty list. */
const comparable = arbitrary.tcpPacket.filter(({ ip, tcp }) => {
  const options = tcp?.options ?? [];
  const plain = options.every(
    (o) => known.has(o.kind) && !(o.kind === 'unknown' && o.code < 50) && !(o.kind === 'sack' && o.blocks.length === 0),
  );
  // Scapy does not ask whether a source route is used up: tshark is the judge of those.
  if (ip.version === 4) return plain && !(ip.options ?? []).some(({ kind }) => kind.endsWith('SourceRoute'));
  return plain && (ip.extensions ?? []).every(({ kind }) => kind === 'hopByHop' || kind === 'fragment');
});

describe('scapy', () => {
  test(`${packets} packets built here are read there with the same fields and right checksums`, () => {
    const list = fc.sample(comparable, { numRuns: packets, seed: 11 }).map(emitPacket);
    const theirs = scapy(['read'], list.map((bytes) => `${toHex(bytes)}\n`).join(''));
    for (const [i, bytes] of list.entries()) {
      const packet = parsed(bytes);
      expect(packet.tcp?.checksumOk).toBe(true);
      expect(theirs[i], toHex(bytes)).toEqual(fieldsOf(packet));
    }
  });

  test(`${packets} packets built there are read here with the same fields, and emitted again as they were`, () => {
    const theirs = scapy(['make', String(packets), '12'], '') as { readonly hex: string }[];
    expect(theirs).toHaveLength(packets);
    for (const { hex, ...fields } of theirs) {
      const packet = parsed(fromHex(hex) ?? new Uint8Array(0));
      expect(fieldsOf(packet), hex).toEqual(fields);
      expect(toHex(emitPacket(packet))).toBe(hex);
      expect(packet.icmp?.checksumOk, hex).not.toBe(false);
      expect(packet.icmpv6?.checksumOk, hex).not.toBe(false);
    }
  });
});
