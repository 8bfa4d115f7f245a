/** Asks the kernels, while a program goes on, whose the connections are that it makes: before a RST, or a second later, all is over. */
import type { Unsubscribe } from '../../driver/ports.js';
import { type EndName, otherEnd } from '../../evidence/host.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { TcpFlag } from '../../wire/index.js';
import { handshakeFlags } from '../../wire/tcp-flags.js';
import type { Bench } from '../bench/bench.js';
import { readersIn, socketTablesOf } from './readers.js';

/** Connections that are asked for; a scanner makes thousands. */
const MOST_ASKED = 64;

/** Programs open and close sockets one by one, one program after the other: what cannot read then cannot read a little later either. */
const STILL_MS = 50;

/** Until what it gives is called. `pid`: a process on `host`, on which no program has been started yet. */
export function askOf(bench: Bench, host: EndName, pid: number): Unsubscribe {
  const options = { before: socketTablesOf(pid), interfaceIndex: bench.lab[host].link.number };
  const asked = new Set<string>();
  const readers = (flow: Flow) => readersIn(socketTablesOf(pid), flow, options).readers;
  const waiting = new Set<NodeJS.Timeout>();
  const askWhoReads = (flow: Flow): void => {
    const atFirst = readers(flow);
    if (atFirst === undefined || atFirst.includes('packet')) return;
    const timer = setTimeout(() => {
      waiting.delete(timer);
      const now = readers(flow);
      // The more of both: whoever could read at either moment can read.
      if (now !== undefined) bench.lookup(host, flow, { readers: now.length > atFirst.length ? now : atFirst });
    }, STILL_MS);
    waiting.add(timer);
  };
  const ask = (where: EndName, flow: Flow, isAnswered = false): void => {
    const key = `${where} ${JSON.stringify(flow)}`;
    if (asked.size >= MOST_ASKED || asked.has(key)) return;
    asked.add(key);
    bench.lookup(where, flow);
    if (isAnswered) askWhoReads(flow);
  };
  const unsubscribe = bench.onPacket(({ from, packet, segment }) => {
    const flow = { src: packet.ip.src, srcPort: segment.srcPort, dst: packet.ip.dst, dstPort: segment.dstPort };
    const other = otherEnd(host);
    if (from === other && isAnswer(segment)) ask(host, reverseFlow(flow), true);
    else if (from === host && isAcknowledgment(segment)) ask(other, reverseFlow(flow));
    else if (from === other && isOpening(segment)) ask(host, reverseFlow(flow));
  });
  return () => {
    unsubscribe();
    for (const timer of waiting) clearTimeout(timer);
  };
}

type Segment = ObservedPacket['segment'];

const isOpening = (segment: Segment): boolean => handshakeFlags(segment.flags) === TcpFlag.SYN;
const isAnswer = (segment: Segment): boolean => handshakeFlags(segment.flags) === (TcpFlag.SYN | TcpFlag.ACK);
const isAcknowledgment = (segment: Segment): boolean => handshakeFlags(segment.flags) === TcpFlag.ACK;
