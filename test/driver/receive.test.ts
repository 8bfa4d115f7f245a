import { describe, expect, test } from 'vitest';
import { receiveSegment } from '../../src/driver/receive.js';
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
