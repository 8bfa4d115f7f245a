/** The lab that an experiment plays in, with everything that sees what happens there: captures, look-ups, socket tables. */
import type { Text } from '../../error.js';
import type { Evidence, Scene } from '../../evidence/experiment.js';
import type { HostName } from '../../evidence/host.js';
import type { KernelEvent, SystemCall } from '../../evidence/kernel-event.js';
import type { Lookup, Owner } from '../../evidence/lookup.js';
import type { ObservedPacket } from '../../evidence/packet.js';
import type { ObservedFrame } from '../../evidence/run.js';
import { applyFilter } from '../../filter/lease.js';
import { DEFAULT_MARK, planFilter } from '../../filter/plan.js';
import type { Capture, CapturedFrame } from '../../linux/capture.js';
import { monotonicNow, realtimeOffset } from '../../linux/clock.js';
import { Leases } from '../../linux/leases.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { TcpFlag, type TcpSegment } from '../../wire/index.js';
import { CLIENT_PORT, SERVER_PORT } from '../addresses.js';
import type { LabHost } from '../host.js';
import { createLab, type Lab, type RelayLab } from '../lab.js';
import { observedPacket, senderOf } from '../observe-frame.js';
import { onAnyOf, until } from '../until.js';
import type { Observations, ObserveOptions, Observed } from './experiment.js';
import { Hand } from './hand.js';

const HOSTS: readonly HostName[] = ['client', 'server'];

/** Opened and closed by `inLab`. What an experiment opens goes into `leases`. */
export class Stage<L extends Lab = Lab> {
  /** From the client's port, which no kernel takes, to the server's. */
  readonly flow: Flow;
  readonly family: 4 | 6;
  readonly signal: AbortSignal | undefined;
  readonly #captures: Readonly<Record<HostName, Capture>>;
  readonly #scenes: Scene[] = [];
  readonly #lookups: Lookup[] = [];
  readonly #missing: Text[] = [];

  constructor(
    readonly lab: L,
    readonly leases: Leases,
    { family, signal }: ObserveOptions,
  ) {
    this.family = family;
    this.signal = signal;
    const [src, dst] = [lab.client.address(family), lab.server.address(family)];
    this.flow = { src, srcPort: CLIENT_PORT, dst, dstPort: SERVER_PORT };
    const capture = (host: LabHost): Capture => leases.add(host.capture(DEFAULT_MARK));
    this.#captures = { client: capture(lab.client), server: capture(lab.server) };
  }

  /** `flow` as `host` sees it, its own address as the source. */
  flowFrom(host: HostName): Flow {
    return host === 'client' ? this.flow : reverseFlow(this.flow);
  }

  /** From here on another case is played. */
  scene(title: Text): void {
    this.#scenes.push({ atMs: monotonicNow(), title });
  }

  /** Asks `host`'s kernel which socket owns the flow, and keeps the answer as evidence. `flow.src` is that host. */
  lookup(host: HostName, flow = this.flowFrom(host)): Owner {
    const lookup = this.lab[host].lookup(flow);
    this.#lookups.push(lookup);
    return lookup.owner;
  }

  /** A hand-made end of a connection. Nothing keeps its kernel from answering too, but a filter. */
  byHand(host: HostName, flow = this.flowFrom(host)): Hand {
    const { src: local, srcPort: localPort, dst: remote, dstPort: remotePort } = flow;
    const port = this.lab[host].openPort('libc', { local, localPort, remote, remotePort, mark: DEFAULT_MARK });
    return new Hand(this.leases.add(port), flow, this.signal);
  }

  /** Keeps the RSTs that `host`'s kernel makes for the flow from leaving, until closed. */
  filter(host: HostName, flow = this.flowFrom(host)): { close(): void } {
    return this.leases.add(applyFilter(planFilter({ flow, backend: 'iptables' }), this.lab[host]));
  }

  /** Every TCP packet up to now, as it left the host that sent it. */
  packets(): readonly ObservedPacket[] {
    return this.#sent(observedPacket).sort((a, b) => a.at - b.at);
  }

  /** The RSTs that `host`'s kernel has sent up to now: those that a filter drops do not leave, and are none. */
  kernelResets(host: HostName): readonly TcpSegment[] {
    const sent = this.packets().filter(({ from, sender }) => from === host && sender === 'kernel');
    return sent.map(({ segment }) => segment).filter(({ flags }) => (flags & TcpFlag.RST) !== 0);
  }

  /** What both kernels said that they did, up to now; undefined where they cannot be heard. */
  kernelEvents(): readonly KernelEvent[] | undefined {
    return undefined;
  }

  /** The system calls of a process up to now; undefined where they cannot be heard. */
  systemCalls(_pid: number): readonly SystemCall[] | undefined {
    return undefined;
  }

  /** Evidence that is not to be had here, and why; the facts that need it are left out. */
  lacks(what: Text): undefined {
    this.#missing.push(what);
    return undefined;
  }

  /** Waits for something that a packet makes true. Throws as `until` does. */
  async until(what: string, condition: () => boolean): Promise<void> {
    const sources = HOSTS.map((host) => (check: () => void) => this.#captures[host].onFrame(check));
    await until(what, condition, onAnyOf(...sources), this.signal);
  }

  /** All that was seen up to now. */
  evidence(): Evidence {
    return {
      packets: this.packets(),
      lookups: this.#lookups,
      kernel: [],
      systemCalls: [],
      sockets: [],
      counters: { client: {}, server: {} },
      frames: this.frames(),
      scenes: this.#scenes,
      missing: this.#missing,
    };
  }

  /** Every frame up to now, what is no TCP too, as it left the host that sent it. */
  frames(): readonly ObservedFrame[] {
    const offset = realtimeOffset();
    const observed = (frame: CapturedFrame, host: HostName): ObservedFrame => ({
      epochMs: frame.at + offset,
      bytes: frame.bytes,
      ...senderOf(frame, host),
    });
    return this.#sent(observed).sort((a, b) => a.epochMs - b.epochMs);
  }

  /** What left each host, seen there: a mark does not cross the link. */
  #sent<T>(map: (frame: CapturedFrame, host: HostName) => T | undefined): T[] {
    return HOSTS.flatMap((host) =>
      this.#captures[host]
        .frames()
        .flatMap((frame) => (frame.direction === 'outgoing' ? (map(frame, host) ?? []) : [])),
    );
  }
}

/** Builds the stage in a lab of its own, lets `play` observe, gathers the evidence, and takes everything down. */
export async function inLab<Name extends string>(
  options: ObserveOptions,
  play: (stage: Stage) => Promise<Observed<Name>>,
): Promise<Observations<Name>> {
  return perform(createLab(), options, play);
}

/** As `inLab`, with a link that this process passes every frame over: `stage.lab.relay` holds and releases them. */
export async function inRelayLab<Name extends string>(
  options: ObserveOptions,
  play: (stage: Stage<RelayLab>) => Promise<Observed<Name>>,
): Promise<Observations<Name>> {
  return perform(createLab({ link: 'relay' }), options, play);
}

async function perform<Name extends string, L extends Lab>(
  lab: L,
  options: ObserveOptions,
  play: (stage: Stage<L>) => Promise<Observed<Name>>,
): Promise<Observations<Name>> {
  const leases = new Leases();
  leases.add(lab);
  try {
    const stage = new Stage(lab, leases, options);
    const facts = await play(stage);
    return { facts, evidence: stage.evidence() };
  } finally {
    leases.close();
  }
}
