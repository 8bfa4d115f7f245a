/**
 * A million and more damaged packets through every parser: no exception, no hang, and what is accepted is emitted again
 * as it was. `npx tsc -p test/bench/tsconfig.json && node build/test/fuzz/wire.js [COUNT] [SEED]`
 */
import {
  emitFrame,
  emitPacket,
  formatSegment,
  parseFrame,
  parseNotation,
  parsePacket,
  toHex,
  type LinkType,
  type PacketInit,
  type Result,
} from '../../src/wire/index.js';
import { sameBytes } from '../../src/wire/bytes.js';
import { frames } from '../wire/vectors.js';

const count = Number(process.argv[2] ?? 1_200_000);
const seed = Number(process.argv[3] ?? 1);
/** No single packet may take longer: one that does is a loop, whatever the machine. */
const hangMs = 2000;

/** Random integers below `limit`: xorshift, so that a seed gives the same run everywhere. */
const randomOf = (start: number): ((limit: number) => number) => {
  let state = start | 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
};
const random = randomOf(seed);

const v4 = { version: 4, src: '192.0.2.1', dst: '192.0.2.2' } as const;
const v6 = { version: 6, src: '2001:db8::1', dst: '2001:db8::2' } as const;
const crafted: readonly PacketInit[] = [
  { ip: { ...v4, options: [{ kind: 'strictSourceRoute', pointer: 4, route: ['192.0.2.9'] }] }, tcp: { flags: 'S' } },
  {
    ip: v4,
    tcp: {
      flags: '.',
      options: [
        {
          kind: 'sack',
          blocks: [
            [1, 2],
            [3, 4],
          ],
        },
        { kind: 'fastOpen', cookie: new Uint8Array(8) },
        { kind: 'eol' },
      ],
    },
  },
  {
    ip: {
      ...v6,
      extensions: [
        { kind: 'hopByHop', options: [] },
        { kind: 'routing', routingType: 0, segmentsLeft: 1, data: new Uint8Array(20) },
        { kind: 'fragment', offset: 0, more: true, id: 1 },
        { kind: 'destination', options: [] },
      ],
    },
    tcp: { flags: 'S' },
  },
];
const corpus = [
  ...Object.values(frames),
  ...crafted.map((packet) => emitFrame({ link: { kind: 'ethernet', src: '2:0:0:0:0:1', dst: '2:0:0:0:0:2' }, packet })),
];

/** A frame of the corpus, bytes changed, cut out, doubled or cut off. */
const mutate = (source: Uint8Array): Uint8Array => {
  let bytes = source.slice(0, random(4) === 0 ? random(source.length + 1) : source.length);
  for (let changes = random(6); changes > 0 && bytes.length > 0; changes--) {
    const at = random(bytes.length);
    const kind = random(8);
    if (kind < 3) bytes[at] = random(256);
    else if (kind < 5) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
    else if (kind === 5) bytes[at] = random(2) === 0 ? 0 : 255;
    else if (kind === 6)
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.min(at + random(9), bytes.length))]);
    else bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - random(40)))]);
  }
  return bytes;
};

const linkTypes: readonly LinkType[] = ['ethernet', 'ethernet', 'ethernet', 'raw', 'sll', 'sll2', 'null'];

/** Emits what was accepted and throws where it is not as it was. */
const checkRoundTrip = <T>(bytes: Uint8Array, result: Result<T, unknown>, emit: (value: T) => Uint8Array): boolean => {
  if (!result.ok) return false;
  if (!sameBytes(emit(result.value), bytes)) throw new Error('accepted, but not emitted as it was');
  return true;
};

const once = (bytes: Uint8Array): boolean => {
  const mayBeCut = random(2) === 0;
  const accepted = checkRoundTrip(
    bytes,
    parseFrame(bytes, linkTypes[random(linkTypes.length)] ?? 'raw', { mayBeCut }),
    emitFrame,
  );
  const packet = bytes.subarray(Math.min(14, bytes.length));
  const result = parsePacket(packet, { mayBeCut });
  if (result.ok && result.value.tcp !== undefined && random(16) === 0) {
    const text = formatSegment(result.value.tcp);
    const back = parseNotation(text);
    if (!back.ok) throw new Error(`${text}: column ${back.error.column}: ${back.error.message}`);
  }
  return checkRoundTrip(packet, result, emitPacket) || accepted;
};

let accepted = 0;
let slowestMs = 0;
const started = performance.now();
for (let i = 0; i < count; i++) {
  const bytes = mutate(corpus[random(corpus.length)] ?? new Uint8Array(0));
  const before = performance.now();
  try {
    if (once(bytes)) accepted++;
  } catch (error) {
    process.stderr.write(`packet ${i} of seed ${seed}: ${toHex(bytes)}\n`);
    throw error;
  }
  slowestMs = Math.max(slowestMs, performance.now() - before);
  if (slowestMs > hangMs) throw new Error(`packet ${i} of seed ${seed} took ${slowestMs} ms: ${toHex(bytes)}`);
}
const seconds = (performance.now() - started) / 1000;
process.stdout.write(
  `${count} packets, ${accepted} accepted, no exception, slowest ${slowestMs.toFixed(1)} ms, ${seconds.toFixed(1)} s\n`,
);
