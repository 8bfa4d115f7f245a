/** A stranger's capture may be anything: dissect shows what it can, says what it leaves out, and stays small. */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { startPiped } from '../support/piped.js';
import { peakMemory } from '../support/stream-programs.js';

const MEGABYTE = 1 << 20;
/** What the runtime takes by itself, two blocks of the largest kind, and the garbage between two collections. */
const MOST_MEMORY = 250 * MEGABYTE;

const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, 4 * i);
  return bytes;
};

const block = (type: number, ...body: readonly Uint8Array[]): Buffer => {
  const content = Buffer.concat(body);
  const length = content.length + 12;
  return Buffer.concat([u32(type, length), content, u32(length)]);
};

/** `value` a multiple of four bytes. */
const option = (code: number, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([code, 0, value.length & 255, value.length >> 8]), value]);

const section = block(0x0a0d0d0a, u32(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff));
const linkTypeRaw = u32(101, 0);
const packet = u32(0, 0, 0, 4, 4, 0x45);

const times = (count: number, bytes: Uint8Array): Buffer => Buffer.alloc(count * bytes.length, bytes);

const pcapOf = (packetBytes: number, lead: string): Buffer => {
  const bytes = Buffer.alloc(packetBytes);
  bytes.write(lead, 'hex');
  const header = u32(0xa1b2c3d4, 0x00040002, 0, 0, packetBytes, 101);
  return Buffer.concat([header, u32(0, 0, packetBytes, packetBytes), bytes]);
};

interface Attack {
  readonly chunks: readonly Uint8Array[];
  /** What is said of it, on stdout or stderr. */
  readonly said: RegExp;
  readonly code: number;
}

const packetOnce = block(6, packet);
const manyInterfaces = times(50_000, block(1, linkTypeRaw));
const longName = block(1, linkTypeRaw, option(2, Buffer.alloc(60_000, 0x1b)));
const described = [section, block(1, linkTypeRaw), packetOnce];
const comments = (count: number, bytes: number): Buffer =>
  block(6, packet, times(count, option(1, Buffer.alloc(bytes, 0x1b))));

const attacks: Readonly<Record<string, Attack>> = {
  'a million interfaces': {
    chunks: [...described, ...Array<Buffer>(20).fill(manyInterfaces)],
    said: /damaged at byte 1310\d+: more than 65536 interfaces/,
    code: 2,
  },
  'thousands of interfaces with long names': {
    chunks: [section, ...Array<Buffer>(6000).fill(longName), packetOnce, packetOnce],
    said: /59745 more bytes/,
    code: 1,
  },
  'packets with long comments': {
    chunks: [...described, comments(250, 65_532), comments(250, 65_532)],
    said: /61436 more bytes.*\[186 more comments\]/s,
    code: 1,
  },
  'a packet with millions of comments': {
    chunks: [...described, comments(4_000_000, 0)],
    said: /\[3999936 more comments\]/,
    code: 1,
  },
  'a packet of 16 MB': {
    chunks: [pcapOf(16 * MEGABYTE - 1, '4500ffff0000000040060000')],
    said: /damaged at byte 24: a packet of 16777215 bytes/,
    code: 2,
  },
  'a packet of nothing but extension headers': {
    chunks: [pcapOf(1 << 18, '600000000000')],
    said: /more than 32 extension headers/,
    code: 1,
  },
  'the same without a capture around it': {
    chunks: [pcapOf(1 << 18, '600000000000').subarray(40)],
    said: /more than 32 extension headers/,
    code: 1,
  },
  'a million packets in hex': {
    chunks: [times(1_000_000, Buffer.from('45\n\n'))],
    said: /at most 65536 packets/,
    code: 2,
  },
};

describe.each(Object.entries(attacks))('%s', (_, { chunks, said, code }) => {
  test.each([{ args: [] }, { args: ['--json'] }])(
    '$args',
    async ({ args }) => {
      const child = startPiped(['dissect', ...args]);
      const { stdin, stdout, stderr } = child;
      if (stdin === null || stdout === null || stderr === null) throw new TypeError('no pipes');
      let [words, peak] = ['', 0];
      for (const stream of [stdout, stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          words += text;
          peak = Math.max(peak, peakMemory(child) || 0); // a process that has ended has none
        });
      stdin.on('error', () => undefined); // it reads no further than the damage
      Readable.from(chunks).pipe(stdin);
      const [status] = (await once(child, 'close')) as [number];
      expect(words).toMatch(said);
      expect(status).toBe(code);
      expect(peak).toBeGreaterThan(0);
      expect(peak).toBeLessThan(MOST_MEMORY);
    },
    60_000,
  );
});
