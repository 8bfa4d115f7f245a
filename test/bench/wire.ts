/**
 * What the wire layer does per second on one thread, beside scapy where it is installed.
 * `npx tsc -p test/bench/tsconfig.json && node build/test/bench/wire.js [--json]`
 */
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import {
  checksum,
  createTemplate,
  emitPacket,
  parsePacket,
  setId,
  setSeq,
  setSrcPort,
  setTimestamps,
  type TcpOption,
} from '../../src/wire/index.js';
import type { Figure } from './figure.js';

const rounds = 200;
const roundMs = 3;

/** How often a second `work(i)` can be done: the best of many short rounds, since other programs disturb some. */
const perSecond = (work: (i: number) => number): number => {
  let sink = 0;
  let i = 0;
  let best = 0;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const first = i;
    while (performance.now() - start < roundMs) for (const end = i + 2000; i < end; i++) sink += work(i);
    best = Math.max(best, ((i - first) / (performance.now() - start)) * 1000);
  }
  if (Number.isNaN(sink)) throw new Error('the work gave no numbers');
  return best;
};

/** The options of a SYN from Linux. */
const synOptions: readonly TcpOption[] = [
  { kind: 'mss', mss: 1460 },
  { kind: 'sackOK' },
  { kind: 'timestamps', value: 1, echo: 0 },
  { kind: 'nop' },
  { kind: 'wscale', shift: 7 },
];

const addresses = {
  4: { version: 4, src: '192.0.2.1', dst: '192.0.2.2' },
  6: { version: 6, src: '2001:db8::1', dst: '2001:db8::2' },
} as const;

const build = (version: 4 | 6, i: number): Uint8Array => {
  const srcPort = 1024 + (i & 0x7fff);
  const tcp = { srcPort, dstPort: 80, seq: i, ack: 0, flags: 'S', window: 64240, options: synOptions };
  return emitPacket({ ip: addresses[version], tcp });
};

const buildRate = (version: 4 | 6): number => perSecond((i) => build(version, i)[20] ?? 0);

const parseRate = (version: 4 | 6): number => {
  const packets = Array.from({ length: 256 }, (_, i) => build(version, i));
  return perSecond((i) => {
    const bytes = packets[i & 255];
    const packet = bytes && parsePacket(bytes);
    return packet?.ok === true && packet.value.tcp !== undefined ? packet.value.tcp.srcPort : Number.NaN;
  });
};

const templateRate = (): number => {
  const tcp = { dstPort: 80, flags: 'S', window: 64240, options: synOptions };
  const template = createTemplate({ ip: addresses[4], tcp });
  return perSecond((i) => {
    setSrcPort(template, 1024 + (i & 0x7fff));
    setSeq(template, i);
    setId(template, i & 0xffff);
    setTimestamps(template, i, 0);
    return template.bytes[20] ?? 0;
  });
};

/** Gigabytes a second. */
const checksumRate = (length: number): number => {
  const bytes = Uint8Array.from({ length }, (_, i) => i * 7);
  return (perSecond((i) => checksum(bytes) + i) * length) / 1e9;
};

const scapyScript = `
import json, logging, time
logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.layers.inet import IP, TCP
opts = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1, 0)), ("NOP", None), ("WScale", 7)]
def rate(work):
    best = 0
    for _ in range(3):
        start = time.perf_counter()
        for i in range(200): work(i)
        best = max(best, 200 / (time.perf_counter() - start))
    return best
make = lambda i: bytes(IP(src="192.0.2.1", dst="192.0.2.2") / TCP(sport=i, dport=80, seq=i, flags="S", options=opts))
data = make(1)
print(json.dumps([rate(make), rate(lambda i: IP(data)[TCP].options)]))
`;

/** Packets that scapy builds and parses in a second; undefined where it is not installed. */
const scapyRates = (): readonly [build: number, parse: number] | undefined => {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const done = spawnSync(python, ['-c', scapyScript], { encoding: 'utf8' });
    if (done.status === 0) return JSON.parse(done.stdout) as [number, number];
  }
  return undefined;
};

const figure = (name: string, unit: string, rawshake: number, scapy?: number): Figure => ({
  name,
  unit,
  rawshake,
  baseline: scapy ?? null,
  baselineName: scapy === undefined ? null : 'scapy',
  ratio: scapy === undefined ? null : rawshake / scapy,
});

/** All figures of the wire layer. Takes some ten seconds. */
export const wireFigures = (): readonly Figure[] => {
  const scapy = scapyRates();
  return [
    figure('build-per-second', 'packets/s', buildRate(4), scapy?.[0]),
    figure('parse-per-second', 'packets/s', parseRate(4), scapy?.[1]),
    figure('template-per-second', 'packets/s', templateRate(), scapy?.[0]),
    figure('build-ipv6-per-second', 'packets/s', buildRate(6)),
    figure('parse-ipv6-per-second', 'packets/s', parseRate(6)),
    figure('checksum-64-bytes', 'GB/s', checksumRate(64)),
    figure('checksum-1460-bytes', 'GB/s', checksumRate(1460)),
  ];
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const results = wireFigures();
  if (process.argv.includes('--json')) {
    process.stdout.write(`${JSON.stringify({ results })}\n`);
  } else {
    const text = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });
    for (const { name, unit, rawshake, baseline, baselineName, ratio } of results) {
      const beside = baseline === null ? '' : `  ${baselineName ?? ''} ${text(baseline)}, ratio ${text(ratio ?? 0)}`;
      process.stdout.write(`${name.padEnd(24)} ${text(rawshake).padStart(12)} ${unit}${beside}\n`);
    }
  }
}
