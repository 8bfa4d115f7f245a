/** What passes between the hosts of a lab on which a foreign program runs, and of each packet who sent it: seen, not guessed. */
import type { Unsubscribe } from '../../driver/ports.js';
import { RawshakeError, type Text } from '../../error.js';
import { type EndName, otherEnd } from '../../evidence/host.js';
import type { ObservedFrame } from '../../evidence/evidence.js';
import type { Missing } from '../../evidence/missing.js';
import type { KernelEvent } from '../../evidence/kernel-event.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import { withSentFor } from '../../evidence/sent-for.js';
import type { CapturedFrame, TapOptions } from '../../linux/capture/capture.js';
import { SystemCallError } from '../../linux/libc/libc.js';
import { markSenders, type SenderMarks } from '../../linux/netfilter/sender-marks.js';
import type { Leases } from '../../linux/process/leases.js';
import type { Flow } from '../../wire/flow.js';
import { formatMac } from '../../wire/address.js';
import { type Packet, parsePacket, TcpFlag, type TcpSegment } from '../../wire/index.js';
import { ADDRESSES } from '../addresses.js';
import { type IsPacket, type SenderTelling, Taps } from '../bench/taps.js';
import type { Lab } from '../lab.js';
import type { LabFeedSources } from '../lab-feed.js';
import type { Who } from '../observe-frame.js';
import { type ProgramKind, ProgramSearch } from './program-search.js';
import { isSynAck, NO_MARK, type SenderKind, senderKind } from './sender-kind.js';

export interface ProgramTapsOptions {
  /** The hosts on which foreign programs run. On the others it is rawshake that sends, or has the sockets. Default: the client. */
  readonly programs?: readonly EndName[];
}

export class ProgramTaps {
  readonly #taps: Taps;
  readonly #senders: Senders;

  /** Loopbacks are not captured until `watchLoopback`. Ends with `leases`. */
  constructor(lab: Lab, leases: Leases, { programs = ['client'] }: ProgramTapsOptions = {}) {
    this.#senders = new Senders(lab, leases, programs);
    this.#taps = new Taps(lab, leases, this.#senders, 'tell');
    for (const host of programs) this.#taps.watchLoopback(host);
  }

  /** Whether it is told who sent a packet. */
  get tells(): boolean {
    return this.#senders.missing.length === 0;
  }

  /** What cannot be told here, and why; and what was lost. */
  get missing(): readonly Missing[] {
    return [...this.#senders.missing, ...this.#taps.missing];
  }

  /**
   * Every TCP packet up to now, in the order of time. For whom a kernel made a RST, mostly its own words alone tell.
   * @param events those of `kernelEvents`, to which the packets without them are given first
   */
  packets(events: readonly KernelEvent[] = []): readonly ObservedPacket[] {
    return withSentFor(this.#taps.packets(), { events, hadSocket: (packet) => this.#senders.hadSocket(packet) });
  }

  /** Every frame up to now, what is no TCP too, in the order of time. */
  frames(): readonly ObservedFrame[] {
    return this.#taps.frames();
  }

  watchLoopback(host: EndName): { close(): void } {
    return this.#taps.watchLoopback(host);
  }

  async unwatched<T>(work: () => Promise<T>, isOfIt: IsPacket | undefined): Promise<T> {
    return this.#taps.unwatched(work, isOfIt);
  }

  /** Called soon after each frame that is captured. */
  onFrame(listener: () => void): Unsubscribe {
    return this.#taps.onFrame(listener);
  }

  /** For a feed: each TCP packet from now on. */
  get source(): Pick<LabFeedSources, 'onPacket' | 'readPackets'> {
    return this.#taps.source;
  }

  /** @throws {TooManyFrames} where more has passed than is kept */
  throwIfFull(): void {
    this.#taps.throwIfFull();
  }
}

/** A host, as its packets are told apart. */
interface Observed {
  readonly marks: SenderMarks;
  readonly search: ProgramSearch;
}

class Senders implements SenderTelling {
  readonly missing: readonly Text[];
  readonly #hosts = new Map<EndName, Observed>();
  readonly #told = new WeakMap<CapturedFrame, Who>();
  /** Of kernels' packets with a hash, which is that of a socket where they are of IPv4. */
  readonly #hashed = new WeakSet<ArrayBufferLike>();

  constructor(
    lab: Lab,
    leases: Leases,
    private readonly programs: readonly EndName[],
  ) {
    try {
      for (const name of ['client', 'server'] as const) {
        const { marks, tellsUnbound } = leases.add(markSenders(lab[name].netns));
        this.#hosts.set(name, { marks, search: leases.add(new ProgramSearch(lab[name], tellsUnbound)) });
      }
      this.missing = [];
    } catch (error) {
      if (!(error instanceof RawshakeError || error instanceof SystemCallError)) throw error;
      this.#hosts.clear();
      this.missing = [NOT_TOLD];
    }
  }

  ask(host: EndName, over: 'link' | 'loopback'): Pick<TapOptions, 'marks' | 'tellHashed'> {
    const marks = this.#hosts.get(host)?.marks;
    const known = marks === undefined ? [] : Object.values<number>({ ...marks });
    return { marks: over === 'loopback' ? [...known, NO_MARK] : known, tellHashed: true };
  }

  tell(frame: CapturedFrame, host: EndName): Who {
    const who = this.#told.get(frame) ?? this.#tell(frame, host);
    this.#told.set(frame, who);
    return who;
  }

  /** Of a kernel's packet that this has told; undefined where a hash does not say it. */
  hadSocket({ packet }: ObservedPacket): boolean | undefined {
    return packet.ip.version === 4 ? this.#hashed.has(packet.bytes.buffer) : undefined;
  }

  #tell(frame: CapturedFrame, host: EndName): Who {
    const observed = this.#hosts.get(host);
    if (observed === undefined) return { sender: 'unknown' };
    const parsed = parsePacket(frame.bytes.subarray(frame.linkHeaderBytes));
    const packet = parsed.ok ? parsed.value : undefined;
    const kind = senderKind(frame, observed.marks, packet);
    const isForeign = this.programs.includes(host);
    // Since Linux 6.13 a listener's RST is of its socket: ip_send_unicast_reply(). It has no hash of its own, as a raw socket.
    if (mayBeListeners(kind, packet) && observed.search.isOfListener(flowOf(packet), frame.interfaceIndex))
      return isForeign ? { sender: 'unknown' } : { sender: 'kernel', sentFor: 'listener' };
    switch (kind) {
      case 'packet':
        return isForeign
          ? { ...programs(kind, frame, packet, observed), ...misdirected(frame, host) }
          : { sender: 'rawshake' };
      case 'kernel':
        if (frame.isHashed === true) this.#hashed.add(frame.bytes.buffer);
        return { sender: kind };
      case 'forwarded':
      case 'unknown':
        return { sender: kind };
      case 'raw':
        return isForeign ? programs(kind, frame, packet, observed) : { sender: 'rawshake' };
      case 'tcp':
      case 'raw-or-tcp6':
        return isForeign ? programs(kind, frame, packet, observed) : { sender: 'kernel', sentFor: 'socket' };
    }
  }
}

type TcpPacket = Packet & { readonly tcp: TcpSegment };

const mayBeListeners = (kind: SenderKind, packet: Packet | undefined): packet is TcpPacket =>
  (kind === 'raw' || kind === 'raw-or-tcp6') && ((packet?.tcp?.flags ?? 0) & TcpFlag.RST) !== 0;

const hasSegment = (packet: Packet | undefined): packet is TcpPacket => packet?.tcp !== undefined;

const flowOf = ({ ip: { src, dst }, tcp: { srcPort, dstPort } }: TcpPacket): Flow => ({ src, srcPort, dst, dstPort });

function programs(
  kind: ProgramKind,
  { interfaceIndex }: CapturedFrame,
  packet: Packet | undefined,
  { search }: Observed,
): Who {
  if (!hasSegment(packet)) return { sender: 'program' };
  const sent = { kind, flow: flowOf(packet), family: packet.ip.version, isSynAck: isSynAck(packet), interfaceIndex };
  return { sender: 'program', program: search.programOf(sent) };
}

/** To whom else than the other host's card it is written. */
function misdirected({ bytes, isLoopback }: CapturedFrame, host: EndName): Pick<Who, 'frameFor'> {
  const to = formatMac(bytes.subarray(0, 6));
  return isLoopback || to === ADDRESSES[otherEnd(host)].mac ? {} : { frameFor: to };
}

const NOT_TOLD: Text = {
  en: 'who sent a packet: a program, or the kernel (needs nf_tables, and Linux 5.12)',
  zh: '数据包由程序还是内核发出（需要 nf_tables 和 Linux 5.12）',
};
