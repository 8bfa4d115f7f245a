/** The page of one packet. */
import fc from 'fast-check';
import { stripVTControlCharacters } from 'node:util';
import width from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import { dissectionPage } from '../../src/report/dissection/page.js';
import { hexView } from '../../src/report/dissection/hex-view.js';
import { dissect, partsOf } from '../../src/report/dissection/parts.js';
import { sectionsOf } from '../../src/report/dissection/sections.js';
import type { View } from '../../src/report/view.js';
import { hexNumber } from '../../src/report/dissection/text.js';
import { emitFrame, emitPacket, type LinkType, type PacketInit } from '../../src/wire/index.js';
import * as arbitrary from '../property/wire-arbitraries.js';
import { dataIpv4, frames, offloadedIpv4, synIpv4, unreachableIpv4 } from '../wire/vectors.js';

const page = (
  bytes: Uint8Array,
  linkType: LinkType = 'raw',
  { language = 'en', columns = 100, unicode = true }: Partial<View> = {},
): string =>
  stripVTControlCharacters(
    dissectionPage(dissect(bytes, linkType), { wireBytes: bytes.length, notes: [] }, { language, columns, unicode }),
  );

const v4 = { version: 4, src: '192.0.2.1', dst: '192.0.2.2' } as const;
const ports = { srcPort: 41000, dstPort: 80 };
const syn = emitPacket({ ip: v4, tcp: { ...ports, flags: 'S', options: [{ kind: 'mss', mss: 1460 }] } });
const built = (tcp: PacketInit['tcp']): string => page(emitPacket({ ip: v4, tcp: { ...ports, ...tcp } }));

describe('the page of a SYN', () => {
  test('in English', () => {
    expect(page(syn)).toBe(`SYN   192.0.2.1:41000 → 192.0.2.2:80   44 bytes
S 0:0(0) win 65535 <mss 1460>

The first of the three segments of a handshake. 192.0.2.1 asks 192.0.2.2 to open a connection to
port 80, and says from which sequence number it counts its bytes. The options say what it can do:
most of them can be said here and in the answer only.

   → SYN       S 0:0(0)          this segment
   ← SYN/ACK   S. 0:0(0) ack 1   agrees, and acknowledges the SYN
   → ACK       . 1:1(0) ack 1    acknowledges in turn: both sides are connected

0000  45 00 00 2c 00 00 40 00 40 06 b6 c8 c0 00 02 01  E..,..@.@.......
      A─ B─ C──── D──── E──── F─ G─ H──── I──────────
0010  c0 00 02 02 a0 28 00 50 00 00 00 00 00 00 00 00  .....(.P........
      J────────── K──── L──── M────────── N──────────
0020  60 02 ff ff 73 aa 00 00 02 04 05 b4              \`...s.......
      O──── P──── Q──── R──── S──────────

IPv4 header  bytes 0 to 19, RFC 791 §3.1
 A version                4          IPv4
   header length          5          × 4 = 20 bytes, no options
 B DSCP                   0          best effort: no special treatment
   ECN                    00         Not-ECT: routers must drop it when congested, not mark it
 C total length           44         bytes: 20 of this header, 24 of TCP
 D identification         0x0000     would tie fragments together; this packet is whole
 E flags                  010
     reserved             0          always 0
     DF                   1          don't fragment: a router that cannot pass it whole drops it and
                                     says so by ICMP
     MF                   0          no more fragments follow
   fragment offset        0          none: the packet is whole
 F time to live           64         routers that it may pass: each takes one off, and drops it at 0
 G protocol               6          TCP follows
 H header checksum        0xb6c8     correct: the sum over this header
 I source                 192.0.2.1  for documentation (RFC 5737)
 J destination            192.0.2.2  for documentation (RFC 5737)

TCP header  bytes 20 to 43, RFC 9293 §3.1
 K source port            41000      ephemeral: picked for this connection
 L destination port       80         HTTP by convention
 M sequence number        0          ISS, the initial one. SYN itself takes this number; the next
                                     one is 1
 N acknowledgment number  0          means nothing while ACK is clear
 O data offset            6          × 4 = 24 bytes of header: 20, and 4 of options
   reserved               000
   flags                  000000010  SYN; in packetdrill's letters: S
     AE                   0          accurate ECN: not in use
     CWR                  0          congestion window not reduced
     ECE                  0          no congestion to report
     URG                  0          no urgent data
     ACK                  0          nothing is acknowledged
     PSH                  0          nothing to push
     RST                  0          no reset
     SYN                  1          synchronize: "I count my bytes from this sequence number"
     FIN                  0          the sender is not finished
 P window                 65535      bytes that its sender takes before it says more. Never scaled
                                     in a segment with SYN
 Q checksum               0x73aa     correct: the sum over addresses, protocol, length (the pseudo
                                     header), TCP header and data
 R urgent pointer         0          means nothing while URG is clear
 S maximum segment size   mss 1460   bytes of data that its sender takes in one segment: 1500
                                     (Ethernet's MTU) − 20 (IPv4) − 20 (TCP) (kind 2, length 4)

What may come back
   S. 0:0(0) ack 1  SYN/ACK: a socket listens on port 80
   R. 0:0(0) ack 1  RST: none does
   -                nothing: lost, or dropped by a filter. A kernel would send the SYN again, first
                    after 1 s (RFC 6298)
`);
  });

  test('in Chinese: every sentence, the same numbers', () => {
    const text = page(syn, 'raw', { language: 'zh' });
    const unwrapped = text.replace(/\n\s*/g, '');
    for (const words of [
      '三次握手的第一个报文段。192.0.2.1 请求 192.0.2.2 打开到端口 80 的连接',
      ' L 目的端口        80         惯例上是 HTTP',
      'SYN           1          同步：“我的字节从这个序列号数起”',
      '1500（以太网 MTU）− 20（IPv4）− 20（TCP）',
      '可能的应答',
      'RST：没有套接字监听',
    ])
      expect(unwrapped).toContain(words.trim());
    expect(text).not.toMatch(/\b(the|bytes|this|none)\b/);
  });

  test('without Unicode: ASCII only', () => {
    const text = page(syn, 'raw', { unicode: false });
    expect(text).toContain('192.0.2.1:41000 -> 192.0.2.2:80');
    expect(text).toContain('      A- B- C---- D---- ');
  });

  test.each(['en', 'zh'] as const)('on 80 columns nothing is wider, in %s', (language) => {
    const lines = page(syn, 'raw', { language, columns: 80 }).split('\n');
    expect(lines.filter((line) => width(line) > 80)).toEqual([]);
  });
});

describe('what a segment is for', () => {
  test.each([
    { flags: 'S.', says: 'second of the three segments', answer: '. 1:1(0) ack 1  ACK' },
    { flags: '.', says: 'acknowledgment without data', answer: 'an ACK is not acknowledged' },
    { flags: 'P.', payload: 5, says: '5 bytes of data', answer: '. 1:1(0) ack 6  ACK: the data has arrived' },
    { flags: 'F.', says: 'closes its direction', answer: 'F. 1:1(0) ack 2  FIN/ACK' },
    { flags: 'R', says: 'answers a segment with ACK', answer: 'never answered' },
    { flags: 'R.', says: 'refuses a SYN', answer: 'never answered' },
    { flags: 'FPU', says: 'No TCP sends these flags together (FPU)', answer: '' },
    { flags: 'SF', says: 'No TCP sends these flags together (FS)', answer: '' },
    { flags: '-', says: 'without any flag', answer: '' },
  ])('$flags', ({ flags, payload = 0, says, answer }) => {
    const text = built({ flags, seq: 1000, ack: 5000, payload: new Uint8Array(payload) });
    expect(text.replace(/\s+/g, ' ')).toContain(says);
    expect(text).toContain(answer);
  });
});

describe('checksums', () => {
  const frame = (at: number, change: number): Uint8Array => synIpv4.with(at, (synIpv4[at] ?? 0) ^ change);

  test.each([
    { what: 'both right', bytes: synIpv4, says: ['correct: the sum over this header', 'correct: the sum over addr'] },
    { what: "TCP's wrong", bytes: frame(14 + 20 + 16, 1), says: ['WRONG: it should be 0x49cd'] },
    { what: "IPv4's wrong", bytes: frame(14 + 10, 0x80), says: ['WRONG: it should be 0x5024'] },
    { what: 'left to the network card', bytes: offloadedIpv4, says: ['not yet complete: the pseudo header only'] },
    { what: 'of a packet that was cut', bytes: dataIpv4.subarray(0, 68), says: ['cannot be checked: bytes'] },
  ])('$what', ({ bytes, says }) => {
    for (const words of says) expect(page(bytes, 'ethernet')).toContain(words);
  });

  test('of a fragment', () => {
    const bytes = emitPacket({ ip: { ...v4, moreFragments: true }, tcp: { flags: 'S' } });
    expect(page(bytes)).toContain('cannot be checked: this is a fragment');
  });

  test('a wrong one is called wrong, and the right one named, for every packet', () => {
    fc.assert(
      fc.property(arbitrary.tcpPacket.map(emitPacket), fc.integer({ min: 1, max: 0xfffe }), (sound, change) => {
        const part = partsOf(dissect(sound, 'raw')).find(({ content }) => content.layer === 'tcp');
        if (part?.content.layer !== 'tcp' || !page(sound).includes('correct: the sum over addresses')) return;
        const right = part.content.segment.checksum;
        if (right === 0xffff) return; // another way to write 0
        const bytes = sound.slice();
        new DataView(bytes.buffer, bytes.byteOffset).setUint16(part.offset + 16, right ^ change);
        const text = page(bytes);
        if (!text.includes('not yet complete')) expect(text).toContain(`WRONG: it should be ${hexNumber(right, 4)}`);
      }),
    );
  });
});

test('an ICMP error: the packet it is about is taken apart too', () => {
  const text = page(unreachableIpv4, 'ethernet');
  expect(text).toContain('destination unreachable, port unreachable: no socket there, about UDP 192.0.2.1 > 192.0.2.2');
  expect(text).toContain('In the quoted packet: IPv4 header');
});

test('bytes that are no packet: the reason, and the headers before it', () => {
  const bytes = synIpv4.with(14 + 20 + 12, 0x10);
  const text = page(bytes, 'ethernet');
  expect(text).toContain('cannot be read: tcp at offset 34: data offset says 4 bytes, at least 20 are needed');
  expect(text).toContain('IPv4 header  bytes 14 to 33');
  expect(text).toContain('Unreadable  bytes 34 to 73');
});

test('long data: its middle is left out', () => {
  const text = built({ flags: '.', payload: new Uint8Array(1460).fill(120) });
  expect(text).toContain('… 1376 bytes more');
  expect(text.split('\n').length).toBeLessThan(90);
});

test('the bytes of long data that are left out, in Chinese', () => {
  const marks = [{ offset: 0, size: 1460, letter: 'a', paint: (line: string) => line }];
  const lines = hexView(new Uint8Array(1460), marks, { bytesPerLine: 16, unicode: true, language: 'zh' });
  expect(lines.join('\n')).toMatch(/… 另有 \d+ 字节/);
});

/** How often each byte is named. */
const named = (length: number, spans: readonly { readonly offset: number; readonly size: number }[]): number[] => {
  const times = Array<number>(length).fill(0);
  for (const { offset, size } of spans) for (let i = offset; i < offset + size; i++) times[i] = (times[i] ?? 0) + 1;
  return times;
};

describe('nothing is left out, nothing told twice', () => {
  const check = (bytes: Uint8Array, linkType: LinkType): void => {
    const parts = partsOf(dissect(bytes, linkType));
    expect(named(bytes.length, parts)).toEqual(Array(bytes.length).fill(1));
    const fields = sectionsOf(parts, bytes, undefined).flatMap((section) => section.fields);
    // Fields may share bytes, but then the same ones.
    const spans = new Map(fields.map((field) => [`${field.offset} ${field.size}`, field]));
    expect(named(bytes.length, [...spans.values()])).toEqual(Array(bytes.length).fill(1));
    for (const language of ['en', 'zh'] as const) page(bytes, linkType, { language });
  };

  test.each(Object.entries(frames))('%s', (_, bytes) => {
    check(bytes, 'ethernet');
  });

  test('random frames: each byte in one layer, and in one field', () => {
    fc.assert(
      fc.property(arbitrary.frame, (frame) => {
        check(emitFrame(frame), frame.link.kind);
      }),
      { numRuns: 500 },
    );
  });

  test('damaged frames likewise', () => {
    const damaged = arbitrary.damaged(arbitrary.frame.map(emitFrame));
    fc.assert(fc.property(damaged, fc.constantFrom<LinkType>('ethernet', 'raw', 'sll', 'sll2', 'null'), check), {
      numRuns: 2000,
    });
  });
});
