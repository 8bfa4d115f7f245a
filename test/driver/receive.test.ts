import { describe, expect, test } from 'vitest';
import { readSegment, receiveSegment } from '../../src/driver/receive.js';
import { reverseFlow } from '../../src/wire/flow.js';
import { emitPacket, fold, pseudoHeaderSum, type PacketInit } from '../../src/wire/index.js';
import { FLOW } from '../support/memory.js';

const V6 = { src: '2001:db8::1', srcPort: 41000, dst: '2001:db8::2', dstPort: 8888 };

describe.each([
  { version: 4 as const, flow: FLOW, addresses: [12, 20] as const, header: 20 },
  { version: 6 as const, flow: V6, addresses: [8, 40] as const, header: 40 },
])('IPv$version', ({ version, flow, addresses, header }) => {
  const back = reverseFlow(flow);
  const packet = (checksum?: number): Uint8Array => {
    const ports = { srcPort: back.srcPort, dstPort: back.dstPort };
    const init: PacketInit = {
      ip: { version, src: back.src, dst: back.dst },
      tcp: { ...ports, flags: 'S.', payload: Buffer.from('abc'), ...(checksum !== undefined && { checksum }) },
    };
    return emitPacket(init);
  };

  test('a sound segment of the flow is received', () => {
    expect(receiveSegment(packet(), flow)).toMatchObject({ ok: true, segment: { srcPort: 8888, dstPort: 41000 } });
  });

  test('the checksum that a kernel leaves to the network card is not wrong', () => {
    const [from, to] = addresses;
    const partial = fold(pseudoHeaderSum(packet(), from, to, 6, packet().length - header));
    expect(receiveSegment(packet(partial), flow)).toMatchObject({ ok: true });
    expect(receiveSegment(packet(partial + 1), flow)).toMatchObject({ ok: false, why: 'wrong checksum' });
    expect(receiveSegment(packet(partial), flow, 'memory')).toMatchObject({ ok: false, why: 'wrong checksum' });
  });

  test('no checksum is a wrong one: there is no TCP without, as there is UDP', () => {
    for (const transport of ['libc', 'memory'] as const)
      expect(receiveSegment(packet(0), flow, transport)).toMatchObject({ ok: false, why: 'wrong checksum' });
  });

  test.each([
    ['TCP-MD5, of which there is no key', 19, 16, false],
    ['TCP-AO, as by a kernel that knows none of it', 29, 14, true],
  ])('%s', (_, code, bytes, ok) => {
    const options = [{ kind: 'unknown', code, data: new Uint8Array(bytes) }] as const;
    const ports = { srcPort: back.srcPort, dstPort: back.dstPort };
    const signed = emitPacket({
      ip: { version, src: back.src, dst: back.dst },
      tcp: { ...ports, flags: 'S', options },
    });
    expect(receiveSegment(signed, flow)).toMatchObject({ ok, ...(!ok && { flow }) });
  });

  test('the other direction is another four-tuple', () => {
    expect(receiveSegment(packet(), back)).toMatchObject({ ok: false, why: 'another four-tuple' });
  });
});

test('what is no packet is refused, not thrown', () => {
  expect(receiveSegment(new Uint8Array(0), FLOW)).toMatchObject({ ok: false });
  expect(receiveSegment(new Uint8Array(100).fill(0xff), FLOW)).toMatchObject({ ok: false });
});

test('another protocol is refused', () => {
  const ip = { version: 4, src: FLOW.dst, dst: FLOW.src, protocol: 17 } as const;
  expect(receiveSegment(emitPacket({ ip, payload: new Uint8Array(8) }), FLOW)).toEqual({
    ok: false,
    why: 'no TCP segment',
  });
});

test.each([
  ['::', '2001:db8::2', 'from the unspecified address'],
  ['ff02::1', '2001:db8::2', 'from a multicast address'],
  ['2001:db8::1', 'ff02::1', 'to a multicast address'],
  ['ff::1', '2001:db8::2', undefined],
])('IPv6 from %s to %s', (src, dst, why) => {
  const packet = emitPacket({ ip: { version: 6, src, dst }, tcp: { srcPort: 1, dstPort: 2, flags: 'S' } });
  expect(readSegment(packet)).toMatchObject(why === undefined ? { ok: true } : { ok: false, why });
});

test('an atomic fragment is whole, any other is none of TCP’s business', () => {
  const fragment = (more: boolean) =>
    emitPacket({
      ip: { version: 6, src: V6.dst, dst: V6.src, extensions: [{ kind: 'fragment', offset: 0, more, id: 1 }] },
      tcp: { srcPort: 1, dstPort: 2, flags: 'S' },
    });
  expect(readSegment(fragment(false))).toMatchObject({ ok: true });
  expect(readSegment(fragment(true))).toMatchObject({ ok: false, why: 'a fragment' });
});
