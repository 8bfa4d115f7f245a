/** Watches a network namespace: reads what passed and what the kernel said of it, and makes findings of it. It adds nothing to it. */
import { HERE, type RepeatedCase, type ResetCase } from '../../diagnosis/watched/case.js';
import { type Watched, watchedFinding } from '../../diagnosis/watched/finding.js';
import type { Lookup } from '../../evidence/lookup.js';
import type { Moment } from '../../evidence/moment.js';
import { byTime, MomentMaker, seenEvent, seenLookup, seenPacket } from '../../evidence/moment-maker.js';
import { isByHand } from '../../evidence/packet.js';
import type { ResetTold } from '../../evidence/reset-maker.js';
import type { ResetInstance } from '../../evidence/trace/reset-plan.js';
import type { TraceRecord } from '../../evidence/trace/record.js';
import { flowOfPacket } from '../../evidence/trace/seen-packets.js';
import { type PassedFrame, TurnRing, type TurnRingOptions } from '../../linux/capture/turn-ring.js';
import { monotonicNow, RealtimeOffset } from '../../linux/libc/clock.js';
import { openSocketTable, type SocketTable } from '../../linux/netlink/sock-diag.js';
import { Leases } from '../../linux/process/leases.js';
import { openResetTrace, type ResetTrace } from '../../linux/trace/reset-trace.js';
import { shellLine } from '../../filter/shell.js';
import { endpoint, type Flow } from '../../wire/flow.js';
import { type ConnectionView, ConnectionViews } from './connection-view.js';
import type { WatchFinding, WatchSummary } from '../../diagnosis/watched/watch-finding.js';
import { Groups } from './groups.js';
import { quotedIn } from './icmp-error.js';
import { Listeners } from './listeners.js';
import { Own } from './own.js';
import { connectionOf, type Turn, turnIn } from './turn.js';
import { type NoticedRepetition, type NoticedReset, TurnTable } from './turn-table.js';

export interface WatcherOptions extends TurnRingOptions {
  /** Every RST, and not only failed handshakes and what can be mended. */
  readonly all: boolean;
  /** Of each frame that is looked at. */
  readonly onFrame?: ((frame: PassedFrame, epochMs: number) => void) | undefined;
}

type Records = Readonly<Record<ResetInstance, readonly TraceRecord[]>>;

/** What the kernel says of a packet is there by then. */
const SETTLED_MS = 2;
/** From when a packet came in to when a rule drops it. */
const DROPPED_MS = 0.2;
/** Events of which some were lost are not relied on for so long. */
const LOSS_MS = 1000;

export class Watcher {
  readonly #leases = new Leases();
  readonly #ring: TurnRing;
  readonly #trace: ResetTrace;
  readonly #own: Own;
  readonly #sockets: SocketTable;
  readonly #listeners: Listeners;
  readonly #views: ConnectionViews;
  readonly #groups: Groups;
  readonly #table = new TurnTable();
  readonly #counts: Partial<Record<WatchFinding['id'], number>> = {};
  readonly #resets = { sent: 0, received: 0 };
  /** Of what passed before, the trace tells nothing. */
  readonly #fromMs: number;
  #ordinary = 0;
  readonly #realtime = new RealtimeOffset();

  /** @throws {RawshakeError} RS_NO_PRIVILEGE without CAP_NET_RAW */
  constructor(private readonly options: WatcherOptions) {
    try {
      this.#ring = this.#leases.add(new TurnRing(options, this.#realtime));
      this.#own = this.#leases.add(new Own(options.netns));
      this.#sockets = this.#leases.add(openSocketTable(options.netns));
      this.#trace = this.#leases.add(openResetTrace(this.#realtime));
      this.#fromMs = monotonicNow();
    } catch (error) {
      this.#leases.close();
      throw error;
    }
    this.#views = new ConnectionViews(this.#own, this.#ring.processors);
    this.#groups = new Groups(options.all);
    this.#listeners = new Listeners(options.netns);
  }

  get summary(): WatchSummary {
    return {
      findings: { ...this.#counts },
      resets: { ...this.#resets },
      ordinary: this.#ordinary,
      leftOut: this.#groups.leftOut + this.#ring.lost,
      missing: this.#trace.missing,
    };
  }

  /** What is to be told of what passed since. */
  poll(): readonly WatchFinding[] {
    const frames = this.#ring.read(monotonicNow() - SETTLED_MS);
    const records = this.#trace.read();
    return frames.flatMap((frame) => {
      // What goes over the loopback passes twice.
      if (frame.atMs < this.#fromMs || !frame.isForHost || (frame.isLoopback && !frame.isOutgoing)) return [];
      this.options.onFrame?.(frame, frame.atMs + this.#realtime.now());
      const turn = turnIn(frame);
      return (turn === undefined ? this.#seeIcmp(frame, records) : this.#see(turn, records)) ?? [];
    });
  }

  /** Idempotent. */
  close(): void {
    this.#leases.close();
  }

  #see(turn: Turn, records: Records): WatchFinding | undefined {
    const noticed = this.#table.see(turn);
    if (noticed === undefined) return undefined;
    const told = this.#toldOf(turn.frame, records);
    const view = this.#views.of(noticed.turns, noticed.syn, told);
    if (view === undefined) return undefined;
    return noticed.type === 'reset'
      ? this.#reset(noticed, view, told.resets !== undefined)
      : this.#repeated(noticed, view, records.drops);
  }

  #toldOf({ atMs }: PassedFrame, { resets, makers }: Records): ResetTold {
    const isWhole = (name: ResetInstance): boolean =>
      this.#trace.isOn(name) && !this.#trace.lostSince(name, atMs - LOSS_MS);
    return {
      resets: isWhole('resets') ? resets : undefined,
      makers: isWhole('makers') ? makers : undefined,
      forwards: this.#own.forwards,
    };
  }

  #reset(noticed: NoticedReset, view: ConnectionView, isTraced: boolean): WatchFinding | undefined {
    const { answered, isFirstAnswer, syn, by } = noticed;
    const { last: reset, hosts, event } = view;
    const isOurs = reset.from === HERE;
    this.#resets[isOurs && reset.sender !== 'forwarded' ? 'sent' : 'received'] += 1;
    const flow = flowOfPacket(reset);
    const lookup = !isTraced && isOurs ? this.#lookup(flow) : undefined;
    const of: ResetCase = {
      ...{ type: 'reset', hosts, flow, moments: momentsOf(view, lookup), reset, isTraced, lookup, listeners: [] },
      answered: answered && {
        turn: isFirstAnswer ? turnWord(answered) : 'other',
        ms: by.frame.atMs - answered.frame.atMs,
      },
      openedBy: syn && openerOf(syn, view),
      reason: event?.reason,
    };
    const watched = watchedFinding(of);
    return this.#told(watched, view, by.frame, () =>
      watched.finding.id === 'refused' && isOurs
        ? watchedFinding({ ...of, listeners: this.#listeners.beside(flow.srcPort) })
        : watched,
    );
  }

  #repeated(
    { turn, same, by }: NoticedRepetition,
    view: ConnectionView,
    drops: readonly TraceRecord[],
  ): WatchFinding | undefined {
    const { last, hosts } = view;
    const isOurs = last.from === HERE;
    const flow = flowOfPacket(last);
    const of: RepeatedCase = {
      ...{ type: 'repeated', hosts, flow, turn, count: same.length, moments: momentsOf(view) },
      isDropped: !isOurs && same.every(({ frame }) => drops.some((drop) => this.#isDropOf(drop, frame))),
      isDamaged: !last.segment.checksumOk,
    };
    const isListenersOwn = (turn === 'syn-ack') === isOurs;
    return this.#told(watchedFinding(of), view, by.frame, () =>
      watchedFinding(isListenersOwn ? { ...of, queue: this.#queueOf(isOurs ? flow.srcPort : flow.dstPort) } : of),
    );
  }

  /** In the soft interrupt in which it came in, on the same processor: kfree_skb names no addresses. */
  #isDropOf({ atMs, cpu }: TraceRecord, frame: PassedFrame): boolean {
    const afterMs = atMs - frame.atMs;
    return cpu % this.#ring.processors === frame.processor && afterMs > 0 && afterMs < DROPPED_MS;
  }

  #seeIcmp(frame: PassedFrame, records: Records): WatchFinding | undefined {
    const error = quotedIn(frame, this.options);
    if (error === undefined) return undefined;
    const { flow, from, code } = error;
    const turns = this.#table.turnsOf(connectionOf(flow));
    const view = this.#views.of(turns, turns[0], this.#toldOf(frame, records));
    const hosts = view?.hosts ?? this.#views.hosts(flow);
    const finding = watchedFinding({
      ...{ type: 'unreachable', hosts, flow, from, code, isFromHere: this.#own.has(from) },
      moments: view === undefined ? [] : momentsOf(view),
    });
    return this.#told(finding, { hosts, opened: flow }, frame);
  }

  /** Counts it, and gives it where it is to be told, with what is looked up for that alone. */
  #told(
    watched: Watched,
    { hosts, opened }: Pick<ConnectionView, 'hosts' | 'opened'>,
    { atMs }: PassedFrame,
    detailed: () => Watched = () => watched,
  ): WatchFinding | undefined {
    const { finding, isMendable } = watched;
    this.#counts[finding.id] = (this.#counts[finding.id] ?? 0) + 1;
    if (!isMendable && !this.options.all) {
      this.#ordinary += 1;
      return undefined;
    }
    const service = this.#own.has(opened.dst) ? `:${opened.dstPort}` : endpoint(opened.dst, opened.dstPort);
    const count = this.#groups.tell(`${finding.id} ${service}`, atMs);
    if (count === undefined) return undefined;
    const told = detailed().finding;
    const { advice } = told;
    return {
      ...told,
      ...(advice !== undefined && { advice: this.#inside(advice) }),
      ...{ epochMs: atMs + this.#realtime.now(), hosts, isMendable, count },
    };
  }

  /** Where a line is to be pasted. */
  #inside(line: string): string {
    const { netns } = this.options;
    return netns === undefined ? line : shellLine([...netns.enter, 'sh', '-c', line]);
  }

  #lookup(flow: Flow): Lookup {
    const owner = this.#sockets.ownerOf(flow);
    return { ...flow, owner, host: HERE, atMs: monotonicNow() };
  }

  #queueOf(port: number): RepeatedCase['queue'] {
    const [listener] = this.#listeners.on(port);
    return listener && { waiting: listener.receiveQueue, most: listener.sendQueue };
  }
}

const turnWord = ({ kind }: Turn): 'syn' | 'syn-ack' | 'other' =>
  kind === 'syn' || kind === 'syn-ack' ? kind : 'other';

/** Each segment of a socket has a hash. */
function openerOf(syn: Turn, { packets }: ConnectionView): ResetCase['openedBy'] {
  if (!syn.frame.isOutgoing) return undefined;
  const packet = packets.find(({ at }) => at === syn.frame.atMs);
  if (packet?.from !== HERE) return undefined;
  return isByHand(packet) || !syn.frame.isHashed ? 'hand' : 'socket';
}

function momentsOf({ packets, event }: ConnectionView, lookup?: Lookup): readonly Moment[] {
  const maker = new MomentMaker(packets[0]?.at ?? 0);
  return [
    ...packets.map(seenPacket),
    ...(event === undefined ? [] : [seenEvent(event)]),
    ...(lookup === undefined ? [] : [seenLookup(lookup)]),
  ]
    .sort(byTime)
    .map((seen) => maker.make(seen));
}
