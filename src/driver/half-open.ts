/**
 * Handshakes that wait for their third packet: of each no more is kept than its TCB and a timer, as a kernel keeps a
 * request_sock. The stream is made of it when the ACK has come. RFC 4987 §3.3.
 */
import { pollAt, step, type Step, type Tcb } from '../tcp/index.js';
import type { TcpEvent } from '../tcp/types.js';
import { TcpFlag, type TcpSegment } from '../wire/index.js';
import type { Flow } from '../wire/flow.js';
import { carryOut, type Outlet } from './carry-out.js';
import { type IcmpError, judgeIcmp } from './icmp.js';
import type { Clock, Unsubscribe } from './ports.js';

export interface HalfOpenOptions {
  readonly clock: Clock;
  /** How the packets of a flow leave; asked anew each time, for nothing is kept of it. */
  readonly outlet: (flow: Flow) => Outlet;
  /** The handshake is complete; `step` is what the ACK led to, and has yet to be carried out. */
  readonly onEstablished: (flow: Flow, step: Step) => void;
  /** Whether a segment that the handshake answers by RST was a cookie's, and the connection is made of it. */
  readonly isCookies: (flow: Flow, segment: TcpSegment, packet: Uint8Array) => boolean;
  /** A handshake has ended, whatever became of it. */
  readonly onEnded: () => void;
}

interface Entry {
  readonly flow: Flow;
  tcb: Tcb;
  cancel: Unsubscribe | undefined;
}

export class HalfOpenTable {
  /** By the far end: all have the same near one. */
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly options: HalfOpenOptions) {}

  get size(): number {
    return this.#entries.size;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Keeps what a SYN has opened; the SYN/ACK goes out. */
  open(key: string, flow: Flow, opened: Step): void {
    const entry: Entry = { flow, tcb: opened.tcb, cancel: undefined };
    this.#entries.set(key, entry);
    this.#take(key, entry, opened);
  }

  /**
   * A sound segment of the flow, received now. What it is answered to by RST may acknowledge a cookie that the flow was sent before it
   * had its place here: tcp_check_req() leaves it to the listener, which takes the cookie and sends no RST.
   */
  receive(key: string, segment: TcpSegment, packet: Uint8Array): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const { clock, outlet, isCookies } = this.options;
    const taken = step(entry.tcb, { type: 'segment', segment }, clock.now());
    if (isRefused(taken) && isCookies(entry.flow, segment, packet)) {
      this.#forget(key, entry);
      return;
    }
    outlet(entry.flow).onTrace?.({ type: 'received', at: clock.now(), packet });
    this.#take(key, entry, taken);
  }

  /** What cannot be reached is forgotten without a word: nobody has heard of it yet. Linux's tcp_req_err. */
  hear(key: string, error: IcmpError): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    const { clock, outlet } = this.options;
    const trace = outlet(entry.flow).onTrace;
    const verdict = judgeIcmp(error, entry.flow, entry.tcb);
    const at = clock.now();
    if (verdict === 'ignored')
      trace?.({ type: 'dropped', at, why: 'ICMP about nothing that is in flight', clause: 'RFC 5927 §4.1' });
    else trace?.({ type: 'icmp', at, error });
    if (verdict === 'unreachable') this.#forget(key, entry);
  }

  /** Ends every handshake by RST. */
  abortAll(): void {
    for (const [key, entry] of [...this.#entries]) this.#dispatch(key, entry, { type: 'abort' });
  }

  /** Nothing more is sent for any of them. */
  abandonAll(): void {
    for (const [key, entry] of [...this.#entries]) this.#forget(key, entry);
  }

  #dispatch(key: string, entry: Entry, event: TcpEvent): void {
    this.#take(key, entry, step(entry.tcb, event, this.options.clock.now()));
  }

  #take(key: string, entry: Entry, taken: Step): void {
    entry.tcb = taken.tcb;
    entry.cancel?.();
    entry.cancel = undefined;
    const { state } = taken.tcb;
    if (state !== 'SYN_RECV' && state !== 'CLOSE') {
      this.#entries.delete(key);
      this.options.onEstablished(entry.flow, taken);
      this.options.onEnded();
      return;
    }
    const outlet = this.options.outlet(entry.flow);
    for (const action of taken.actions) carryOut(action, outlet);
    if (state === 'CLOSE') this.#forget(key, entry);
    else this.#setTimer(key, entry);
  }

  #setTimer(key: string, entry: Entry): void {
    const at = pollAt(entry.tcb);
    if (at === undefined) return;
    entry.cancel = this.options.clock.wakeAt(at, () => {
      entry.cancel = undefined;
      this.#dispatch(key, entry, { type: 'timer' });
    });
  }

  #forget(key: string, entry: Entry): void {
    entry.cancel?.();
    entry.cancel = undefined;
    if (this.#entries.delete(key)) this.options.onEnded();
  }
}

/** It goes on waiting, and has answered by RST. */
const isRefused = ({ tcb, actions }: Step): boolean =>
  tcb.state === 'SYN_RECV' &&
  actions.some((action) => action.type === 'send' && (action.segment.flags & TcpFlag.RST) !== 0);
