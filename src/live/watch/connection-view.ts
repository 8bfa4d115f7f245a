/** The packets that were kept of a connection as a recording has them: between which hosts, and who sent each. */
import { BEYOND, ELSEWHERE, HERE } from '../../diagnosis/watched/case.js';
import type { Text } from '../../error.js';
import type { Host, HostName, HostRole } from '../../evidence/host.js';
import type { KernelEvent } from '../../evidence/kernel-event.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import { type LeftPacket, type Maker, ResetMakers, type ResetTold } from '../../evidence/reset-maker.js';
import { withSentFor } from '../../evidence/sent-for.js';
import { flowOfPacket } from '../../evidence/trace/seen-packets.js';
import { processOf } from '../../linux/process/process-of.js';
import type { PassedFrame } from '../../linux/capture/turn-ring.js';
import { millis } from '../../tcp/types.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { isPartialChecksum, parsePacket } from '../../wire/index.js';
import type { Own } from './own.js';
import type { Turn } from './turn.js';

export interface ConnectionView {
  /** In the order of time. */
  readonly packets: readonly ObservedPacket[];
  /** Of them. */
  readonly last: ObservedPacket;
  /** As whoever opened it sees it. */
  readonly opened: Flow;
  /** Who opened it is the first. */
  readonly hosts: readonly Host[];
  /** What the kernel said of the RST at its end. */
  readonly event: KernelEvent | undefined;
}

export class ConnectionViews {
  readonly #makers = new ResetMakers(HERE);
  /** A record counts once, so each turn is asked about once. */
  readonly #known = new WeakMap<Turn, Maker>();

  /** @param processors modulo which frames have the number of the one that they passed on */
  constructor(
    private readonly own: Own,
    private readonly processors: number,
  ) {}

  /** undefined: the last is no packet of TCP after all, or there is none. `syn`: of the connection's opening, where that was seen. */
  of(turns: readonly Turn[], syn: Turn | undefined, told: ResetTold): ConnectionView | undefined {
    const parsed = turns.flatMap((turn) => {
      const packet = packetIn(turn.frame);
      return packet === undefined ? [] : [{ turn, packet, maker: this.#makerOf(turn, packet, told) }];
    });
    const last = turns.at(-1);
    const end = parsed.find(({ turn }) => turn === last);
    if (end === undefined) return undefined;
    const opened = openedBy(flowOfPacket(end.packet), syn === undefined ? undefined : syn.isFirst === end.turn.isFirst);
    const { event } = end.maker;
    const packets = withSentFor(
      parsed.map(({ packet, maker }) => ({ ...packet, ...madeBy(maker, this.#way(flowOfPacket(packet), opened)) })),
      { events: event === undefined ? [] : [event] },
    );
    return { packets, last: packets.at(-1) ?? end.packet, opened, hosts: this.hosts(opened), event };
  }

  /** Whoever opened it first; where both ends are others, this host between them. */
  hosts(opened: Flow): readonly Host[] {
    const { from, to } = this.#way(opened, opened);
    const first = hostOf(from, opened.src, 'client');
    const last = hostOf(from === to ? ELSEWHERE : to, opened.dst, 'server');
    return from === HERE || to === HERE ? [first, last] : [first, hostOf(HERE, '', 'router'), last];
  }

  #way({ src, dst }: Flow, opened: Flow): Way {
    const [isOwn, isToOwn] = [this.own.has(src), this.own.has(dst)];
    const [from, to] = src === opened.src ? [ELSEWHERE, BEYOND] : [BEYOND, ELSEWHERE];
    if (!isOwn && !isToOwn) return { from, to };
    return { from: isOwn ? HERE : ELSEWHERE, to: isToOwn ? HERE : ELSEWHERE };
  }

  #makerOf(turn: Turn, packet: ObservedPacket, told: ResetTold): Maker {
    const known = this.#known.get(turn);
    if (known !== undefined) return known;
    const maker = withProcess(this.#find(turn, packet, told));
    this.#known.set(turn, maker);
    return maker;
  }

  #find({ frame, family, kind }: Turn, packet: ObservedPacket, told: ResetTold): Maker {
    if (!frame.isOutgoing) return { sender: 'unknown' };
    const flow = flowOfPacket(packet);
    const left: LeftPacket = {
      ...{ atMs: frame.atMs, flow, family, interfaceName: this.own.linkName(frame.interfaceIndex) },
      isWhereItPassed: (cpu) => cpu % this.processors === frame.processor,
      ...{ length: frame.length, isHashed: frame.isHashed, isOwn: this.own.has(flow.src) },
    };
    return kind === 'reset' ? this.#makers.of(left, told) : this.#makers.ofSegment(left, told);
  }
}

/** The trace knows threads by their ids; people know processes. proc_pid_status(5) */
function withProcess(maker: Maker): Maker {
  const { program } = maker;
  if (program?.pid === undefined) return maker;
  return { ...maker, program: { ...program, pid: processOf(program.pid) ?? program.pid } };
}

interface Way {
  readonly from: HostName;
  readonly to: HostName;
}

/** What only passes through is from outside; what a rule answers, in whoever's name, is this host's. */
function madeBy(
  { sender, program, byRule }: Maker,
  { from, to }: Way,
): Way & Pick<ObservedPacket, 'sender' | 'program' | 'sentFor'> {
  if (byRule === true) return { from: HERE, to, sender, sentFor: 'firewall' };
  if (program !== undefined) return { from: HERE, to, sender, program }; // it may send in anybody's name
  const who = sender === 'forwarded' && from !== HERE ? 'unknown' : sender;
  return { from, to, sender: who };
}

const hostOf = (name: HostName, address: string, role: HostRole): Host =>
  name === HERE
    ? { name, title: THIS_HOST, role }
    : { name, title: { en: address, zh: address }, role, sender: FROM_OUTSIDE };

const THIS_HOST: Text = { en: 'this host', zh: '本机' };
const FROM_OUTSIDE: Text = { en: 'from outside', zh: '来自外部' };

/** Where the SYN was not seen, whoever has the higher port. */
function openedBy(flow: Flow, isOpener: boolean | undefined): Flow {
  return (isOpener ?? flow.srcPort > flow.dstPort) ? flow : reverseFlow(flow);
}

function packetIn(frame: PassedFrame): ObservedPacket | undefined {
  const parsed = parsePacket(frame.bytes.subarray(frame.linkHeaderBytes));
  if (!parsed.ok || parsed.value.tcp === undefined) return undefined;
  const [packet, segment] = [parsed.value, parsed.value.tcp];
  // A card completes it; over the loopback nobody does.
  const checksumOk = segment.checksumOk || isPartialChecksum(packet, segment);
  return {
    ...{ at: millis(frame.atMs), from: HERE, to: HERE, sender: 'unknown', packet },
    segment: { ...segment, checksumOk },
  };
}
