/** Runs one TCP machine over a port: packets and timers in, packets and notices out. The stream is built on it. */
import type { Socket } from 'node:net';
import { handOver, pollAt, step, synUnacknowledged, type Step, type Tcb } from '../tcp/index.js';
import type { TcpAction, TcpEvent } from '../tcp/types.js';
import { carryOut, type Outlet } from './carry-out.js';
import { type IcmpError, judgeIcmp } from './icmp.js';
import { isTooLong } from './not-sent.js';
import { plateauBelow, readReport, segmentRoom } from './path-mtu.js';
import type { PacketPort, Unsubscribe } from './ports.js';
import { noKernelBehind } from './not-adopted.js';
import { receiveSegment } from './receive.js';
import type { TraceEntry } from './trace.js';

/** What the machine has to say to the connection's user: all actions that the driver does not carry out itself. */
export type Notice = Exclude<TcpAction, { type: 'send' | 'drop' | 'state' }>;

export interface MachineOptions extends Outlet {
  readonly port: PacketPort;
  readonly onNotice: (notice: Notice) => void;
  /** The port could not send, or ICMP said that the other side is not reached. */
  readonly onTrouble: (trouble: IcmpError | Error) => void;
  /** The machine is in CLOSE, or was stopped: nothing more will be sent or answered. */
  readonly onClosed: () => void;
}

const nothing = (): void => undefined;

/** The machine as it lives in time. `start` first; then `dispatch` whatever the user does. */
export class Machine {
  readonly #options: MachineOptions;
  #tcb: Tcb;
  #subscriptions: readonly Unsubscribe[] | undefined;
  #mayFragment = false;
  /** The shortest packet that the port has just refused for its length. */
  #refusedBytes: number | undefined;
  #timer: { readonly at: number; readonly cancel: Unsubscribe } | undefined;

  /** `opened`: the step that opened the connection. Nothing happens before `start`. */
  constructor(
    options: MachineOptions,
    private readonly opened: Step,
  ) {
    this.#options = options;
    this.#tcb = opened.tcb;
  }

  get tcb(): Tcb {
    return this.#tcb;
  }

  /** Listens on the port and carries out what opening asked for: the SYN goes out. */
  start(): void {
    const { port, onTrouble } = this.#options;
    this.#subscriptions = [
      port.onPacket((packet) => {
        this.#receive(packet);
      }),
      port.onError((error) => {
        this.#trace({ type: 'port-error', at: this.#now(), error });
        // A SYN is not made shorter: it is as its user crafted it.
        if (isTooLong(error) && !synUnacknowledged(this.#tcb)) this.#refitSoon(error.packet.length);
        else onTrouble(error);
      }),
      port.onIcmp?.((error) => {
        this.#hear(error);
      }) ?? nothing,
      port.onRefused?.(({ packet, why }) => {
        this.#trace({ type: 'dropped', at: this.#now(), why, packet });
      }) ?? nothing,
    ];
    this.#perform(this.opened);
    port.poll?.();
    this.#settle();
  }

  dispatch(event: TcpEvent): void {
    this.#take(step(this.#tcb, event, this.#options.clock.now()));
  }

  /**
   * Has the kernel behind the port take the connection over as it stands now; this machine is to be stopped then.
   * @throws {RawshakeError} RS_NO_PRIVILEGE, RS_NOT_ADOPTED
   */
  adopt(allowHalfOpen: boolean): Socket {
    const { port, clock, flow } = this.#options;
    if (port.adopt === undefined) throw noKernelBehind();
    return port.adopt(handOver(this.#tcb, clock.now()), { flow, allowHalfOpen });
  }

  #take(step: Step): void {
    this.#perform(step);
    this.#settle();
  }

  #perform({ tcb, actions }: Step): void {
    this.#tcb = tcb;
    // What is to be sent goes first: a user who is told something may answer with more to send.
    const outlet = this.#mayFragment ? { ...this.#options, mayFragment: true } : this.#options;
    for (const action of actions) carryOut(action, outlet);
    for (const action of actions) this.#tell(action);
  }

  #settle(): void {
    this.#setTimer();
    // What the actions led to may have closed it already.
    if (this.#tcb.state === 'CLOSE') this.stop();
  }

  /** Sends, answers and waits for nothing any more. Idempotent. */
  stop(): void {
    if (this.#subscriptions === undefined) return;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#options.onClosed();
  }

  #tell(action: TcpAction): void {
    switch (action.type) {
      case 'deliver':
      case 'established':
      case 'peer-closed':
      case 'acknowledged':
      case 'ended':
        this.#options.onNotice(action);
        return;
      case 'send':
      case 'drop':
      case 'state':
        return;
    }
  }

  #receive(bytes: Uint8Array): void {
    const { flow, port } = this.#options;
    const received = receiveSegment(bytes, flow, port.transport);
    if (!received.ok) {
      this.#trace({ type: 'dropped', at: this.#now(), why: received.why, packet: bytes });
      return;
    }
    this.#trace({ type: 'received', at: this.#now(), packet: bytes });
    this.dispatch({ type: 'segment', segment: received.segment });
  }

  #hear(error: IcmpError): void {
    const { flow, onTrouble } = this.#options;
    const verdict = judgeIcmp(error, flow, this.#tcb);
    const at = this.#now();
    if (verdict === 'ignored') {
      this.#trace({ type: 'dropped', at, why: 'ICMP about nothing that is in flight', clause: 'RFC 5927 §4.1' });
      return;
    }
    this.#trace({ type: 'icmp', at, error });
    if (verdict === 'unreachable') onTrouble(error);
    else this.#takeReport(error);
  }

  /** ICMP says that what was sent is too large for the path. */
  #takeReport(error: IcmpError): void {
    const { version } = error.quoted.ip;
    const { mtu, mayFragment } = readReport(error, pathBytes(this.#tcb, version));
    this.#mayFragment ||= mayFragment;
    this.dispatch({ type: 'path-mtu', mss: segmentRoom(mtu, version) });
  }

  /** When the turn is over in which the port has refused packets: they are many at a time. */
  #refitSoon(bytes: number): void {
    const isDue = this.#refusedBytes !== undefined;
    this.#refusedBytes = Math.min(bytes, this.#refusedBytes ?? bytes);
    if (isDue) return;
    queueMicrotask(() => {
      const refused = this.#refusedBytes ?? 0;
      this.#refusedBytes = undefined;
      if (this.#subscriptions !== undefined) this.#refit(refused);
    });
  }

  /** The link has become smaller: the route tells by how much. */
  #refit(refused: number): void {
    const { flow, port } = this.#options;
    const told = port.pathMtu?.(flow.dst) ?? refused;
    const mtu = told < refused ? told : plateauBelow(refused);
    this.dispatch({ type: 'path-mtu', mss: segmentRoom(mtu, flow.dst.includes(':') ? 6 : 4) });
  }

  #setTimer(): void {
    const at = this.#subscriptions === undefined ? undefined : pollAt(this.#tcb);
    if (at === this.#timer?.at) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (at === undefined) return;
    const cancel = this.#options.clock.wakeAt(at, () => {
      this.#timer = undefined;
      this.dispatch({ type: 'timer' });
    });
    this.#timer = { at, cancel };
  }

  readonly #now = () => this.#options.clock.now();

  readonly #trace = (entry: TraceEntry): void => this.#options.onTrace?.(entry);
}

/** The longest packet that is sent on the path, as far as is known. */
const pathBytes = ({ pathMss, sendMss }: Tcb, version: 4 | 6): number =>
  Math.min(pathMss, sendMss) - segmentRoom(0, version);
