/** Patched frames are the frames that would be built anew, checksums included; and sendmmsg is given what it wants. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FRAME_KINDS, Outbox, type Route } from '../../src/bulk/outbox.js';
import { koffi } from '../../src/linux/libc/libc.js';
import { emitFrame, formatIpv4Address, parseFrame } from '../../src/wire/index.js';

const ROUTE: Route = { srcMac: '02:00:00:00:00:03', dstMac: '02:00:00:00:00:02', dst: '192.0.2.2', dstPort: 8888 };
const FLAGS = ['S', '.', 'P.', 'F.', 'R'] as const;
const word = fc.nat(2 ** 32 - 1);

const frame = fc.record({
  kind: fc.nat(FRAME_KINDS.length - 1),
  src: word,
  srcPort: fc.nat(65535),
  seq: word,
  ack: word,
});

test('a patched frame is the one that the wire layer builds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.array(frame, { maxLength: 8 }), (payload, frames) => {
      const outbox = new Outbox(ROUTE, payload, 8);
      for (const { kind, src, srcPort, seq, ack } of frames) outbox.add(kind, src, srcPort, seq, ack);
      const built = frames.map(({ kind, src, srcPort, seq, ack }) =>
        emitFrame({
          link: { kind: 'ethernet', src: ROUTE.srcMac, dst: ROUTE.dstMac },
          packet: {
            ip: { version: 4, src: formatIpv4Address(src), dst: ROUTE.dst },
            tcp: {
              srcPort,
              dstPort: ROUTE.dstPort,
              seq,
              ack,
              flags: FLAGS[kind] ?? '',
              window: FLAGS[kind] === 'R' ? 0 : 64240,
              ...(FLAGS[kind] === 'S' && { options: [{ kind: 'mss', mss: 1460 }] as const }),
              ...(['P.', 'F.'].includes(FLAGS[kind] ?? '') && { payload }),
            },
          },
        }),
      );
      expect(outbox.frames()).toEqual(built);
    }),
  );
});

test('the copies of a kind are used again after each turn, and their checksums stay right', () => {
  fc.assert(
    fc.property(fc.array(frame, { minLength: 2, maxLength: 6 }), (frames) => {
      const outbox = new Outbox(ROUTE, Buffer.from('hello'), 1);
      for (const { kind, src, srcPort, seq, ack } of frames) {
        outbox.add(kind, src, srcPort, seq, ack);
        expect(outbox.room).toBe(0);
        const parsed = parseFrame(outbox.frames()[0] ?? new Uint8Array(), 'ethernet');
        expect(parsed).toMatchObject({
          value: { packet: { ip: { checksumOk: true }, tcp: { checksumOk: true, seq, ack, srcPort } } },
        });
        outbox.clear();
      }
    }),
  );
});

test('the headers name the frames in the order in which they were added', () => {
  const outbox = new Outbox(ROUTE, Buffer.from('hello'), 4);
  outbox.add(1, 1, 1, 1, 1);
  outbox.add(0, 2, 2, 2, 2);
  outbox.add(1, 3, 3, 3, 3);
  const named = Array.from({ length: outbox.length }, (_, i) => {
    const header = new DataView(outbox.memory, outbox.from(i).byteOffset, 64);
    const iovec = new DataView(koffi().view(header.getBigUint64(16, true), 16));
    expect(header.getBigUint64(24, true)).toBe(1n);
    return new Uint8Array(koffi().view(iovec.getBigUint64(0, true), Number(iovec.getBigUint64(8, true))));
  });
  expect(named).toEqual(outbox.frames());
});
