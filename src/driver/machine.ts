/** Runs one TCP machine over a port: packets and timers in, packets and notices out. The stream is built on it. */
import type { Socket } from 'node:net';
import { handOver, pollAt, step, type Step, type Tcb } from '../tcp/index.js';
import type { Clause, OutgoingSegment, TcpAction, TcpEvent } from '../tcp/types.js';
import { emitPacket, type PacketInit } from '../wire/index.js';
import type { Flow } from '../wire/flow.js';
import type { IcmpError } from './icmp.js';
import type { Clock, PacketPort, Unsubscribe } from './ports.js';
import { noKernelBehind } from './not-adopted.js';
import { receiveSegment } from './receive.js';
import type { TraceEntry } from './trace.js';

/** What the machine has to say to the connection's user: all actions that the driver does not carry out itself. */
export type Notice = Exclude<TcpAction, { type: 'send' | 'drop' | 'state' }>;

export interface MachineOptions {
  readonly port: PacketPort;
  readonly clock: Clock;
  readonly flow: Flow;
  /** Changes a packet before it leaves, so that an experiment can send what no machine would. */
  readonly alter?: (packet: PacketInit) => PacketInit;
  readonly onTrace?: (entry: TraceEntry) => void;
  readonly onNotice: (notice: Notice) => void;
  /** The port could not send, or ICMP said that a packet did not arrive. */
  readonly onTrouble: (trouble: IcmpError | Error) => void;
  /** The machine is in CLOSE, or was stopped: nothing more will be sent or answered. */
  readonly onClosed: () => void;
}

const nothing = (): void => undefined;

/** The machine as it lives in time. `start` first; then `dispatch` whatever the user does. */
export class Machine {
  readonly #options: MachineOptions;
  readonly #ip: PacketInit['ip'];
  #tcb: Tcb;
  #subscriptions: readonly Unsubscribe[] | undefined;
  #timer: { readonly at: number; readonly cancel: Unsubscribe } | undefined;

  /** `opened`: the step that opened the connection. Nothing happens before `start`. */
  constructor(
    options: MachineOptions,
    private readonly opened: Step,
  ) {
    const { src, dst } = options.flow;
    this.#options = options;
    this.#ip = { version: src.includes(':') ? 6 : 4, src, dst };
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
        onTrouble(error);
      }),
      port.onIcmp?.((error) => {
        this.#trace({ type: 'icmp', at: this.#now(), error });
        onTrouble(error);
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
    for (const action of actions) this.#carryOut(action);
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

  #carryOut(action: TcpAction): void {
    switch (action.type) {
      case 'send':
        this.#send(action.segment, action.retransmission, action.clause);
        return;
      case 'drop':
        this.#trace({ type: 'dropped', at: this.#now(), why: action.why, clause: action.clause });
        return;
      case 'state':
        this.#trace({ ...action, at: this.#now() });
        return;
      case 'deliver':
      case 'established':
      case 'peer-closed':
      case 'acknowledged':
      case 'ended':
        return;
    }
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

  #send(segment: OutgoingSegment, retransmission: boolean, clause: Clause): void {
    const { flow, alter, port } = this.#options;
    const init: PacketInit = { ip: this.#ip, tcp: { srcPort: flow.srcPort, dstPort: flow.dstPort, ...segment } };
    const packet = emitPacket(alter === undefined ? init : alter(init));
    port.send(packet);
    this.#trace({ type: 'sent', at: this.#now(), packet, retransmission, clause });
  }

  #receive(bytes: Uint8Array): void {
    const received = receiveSegment(bytes, this.#options.flow);
    if (!received.ok) {
      this.#trace({ type: 'dropped', at: this.#now(), why: received.why });
      return;
    }
    this.#trace({ type: 'received', at: this.#now(), packet: bytes });
    this.dispatch({ type: 'segment', segment: received.segment });
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
