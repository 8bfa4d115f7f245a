/** What others reach at the same: masscan at its best rate, nping over the kernel's connect(), scapy. Those that are installed. */
import { ADDRESSES, LINK, SPARE } from '../../src/lab/addresses.js';
import { type Arena, MANY_TARGETS, PORT } from './arena.js';
import type { Figure } from './figure.js';
import { isInstalled } from './programs.js';

interface Peer {
  readonly program: string;
  /** Each way to call it, and how many handshakes it then begins. */
  readonly calls: readonly (readonly [begun: number, argv: readonly [string, ...string[]]])[];
}

const server = ADDRESSES.server[4];
const MASSCAN_RATES = [10_000, 20_000, 40_000, 60_000];
const NPING_COUNT = 20_000;
const SCAPY_COUNT = 2000;

/** One socket for all: to open one for each packet, as srp1() and sendp() do, would be three times as slow. */
const scapyScript = `
import logging
logging.getLogger("scapy").setLevel(logging.ERROR)
from scapy.all import IP, TCP, Ether, conf
link = conf.L2socket(iface="${LINK}", filter="tcp src port ${PORT}")
there = Ether(src="${SPARE.mac}", dst="${ADDRESSES.server.mac}") / IP(src="198.18.0.1", dst="${server}")
for i in range(${SCAPY_COUNT}):
    answer = link.sr1(there / TCP(sport=2000 + i, dport=${PORT}, seq=1000, flags="S"), timeout=1, verbose=0)
    if answer is None: continue
    link.send(there / TCP(sport=2000 + i, dport=${PORT}, seq=1001, ack=answer[TCP].seq + 1, flags="A"))
    link.send(there / TCP(sport=2000 + i, dport=${PORT}, seq=1001, flags="R"))
`;

const masscan = (rate: number): readonly [string, ...string[]] => [
  'masscan',
  ...[MANY_TARGETS, `-p${PORT}`, '--banners', '--rate', `${rate}`, '--wait', '3', '-e', LINK],
  ...['--adapter-ip', SPARE[4], '--adapter-mac', SPARE.mac, '--router-mac', ADDRESSES.server.mac],
];

const PEERS: readonly Peer[] = [
  {
    program: 'nping',
    calls: [
      [
        NPING_COUNT,
        ['nping', '--tcp-connect', '-q', '-p', `${PORT}`, '--rate', '20000', '-c', `${NPING_COUNT}`, server],
      ],
    ],
  },
  { program: 'scapy', calls: [[SCAPY_COUNT, ['/usr/bin/python3', '-c', scapyScript]]] },
  // The last, for it leaves connections behind.
  { program: 'masscan', calls: MASSCAN_RATES.map((rate) => [65_536, masscan(rate)]) },
];

/** Each beside rawshake's rate; of several calls the best. */
export async function peerFigures(arena: Arena, rawshake: number): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const { program, calls } of PEERS) {
    if (!isInstalled(program)) continue;
    let best = { rate: 0, completeness: 0 };
    for (const [begun, argv] of calls) {
      const { accepted, seconds } = await arena.run(argv);
      if (accepted / seconds > best.rate) best = { rate: accepted / seconds, completeness: accepted / begun };
    }
    figures.push({
      name: `handshakes-per-second-${program}`,
      unit: 'handshakes/s',
      rawshake,
      baseline: best.rate,
      baselineName: program,
      ratio: rawshake / best.rate,
      completeness: [1, best.completeness],
    });
  }
  return figures;
}
