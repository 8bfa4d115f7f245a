/** The LISTEN state: what becomes of a segment that no connection owns. RFC 9293 §3.10.7.2; cookies: RFC 4987 §3.6. */
import {
  canUseCookies,
  COOKIE_VALID_MS,
  passiveOpen,
  resetFor,
  type Step,
  SynCookies,
  SYN_WITH_FIN,
} from '../tcp/index.js';
import { emitPacket, TcpFlag, type TcpSegment } from '../wire/index.js';
import { handshakeFlags } from '../wire/tcp-flags.js';
import type { Flow } from '../wire/flow.js';
import { type Outlet, sendSegment } from './carry-out.js';
import type { HalfOpenTable } from './half-open.js';
import { initialSequenceNumber, keyedHash } from './iss.js';
import type { ListenOptions, Pressure } from './listen-options.js';
import { RateLimit } from './rate-limit.js';
import type { ServerOffer } from './server-offer.js';

const DEFAULT_BACKLOG = 1024;
/** To all strangers together; FreeBSD's icmplim. */
const RESETS_PER_SECOND = 200;

const COOKIES = 'RFC 4987 §3.6';

/** What its server does, and knows. */
export interface ListenSurroundings {
  readonly halfOpen: HalfOpenTable;
  readonly offer: ServerOffer;
  readonly keyOf: (flow: Flow) => string;
  readonly outlet: (flow: Flow) => Outlet;
  readonly hasRoom: () => boolean;
  /** A cookie has come back: the handshake is complete. */
  readonly onEstablished: (flow: Flow, opened: Step) => void;
  readonly onPressure: (flow: Flow, pressure: Pressure) => void;
  readonly onRefused: (flow: Flow, why: string) => void;
}

export class ListenState {
  /** undefined where there can be none. */
  readonly #cookies: SynCookies | undefined;
  readonly #resets: RateLimit;
  #lastCookieAt = -Infinity;
  #isOpen = true;

  constructor(
    private readonly options: ListenOptions,
    private readonly around: ListenSurroundings,
  ) {
    const { common, offsetOf } = around.offer;
    this.#cookies = canUseCookies(options.tcp ?? {}) ? new SynCookies(common, keyedHash(), offsetOf) : undefined;
    this.#resets = new RateLimit(RESETS_PER_SECOND, options.clock);
  }

  /** Whether SYNs are answered. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** From now on everything gets the RST that it asks for. */
  close(): void {
    this.#isOpen = false;
  }

  /** A SYN or a cookie begins a connection, anything else gets the RST that it asks for. */
  receive(flow: Flow, segment: TcpSegment, packet: Uint8Array): void {
    const isSyn = handshakeFlags(segment.flags) === TcpFlag.SYN;
    if (this.#isOpen && isSyn && (segment.flags & TcpFlag.FIN) !== 0) this.around.onRefused(flow, SYN_WITH_FIN);
    else if (this.#isOpen && isSyn) this.#meetSyn(flow, segment, packet);
    else if (!this.meetCookie(flow, segment, packet)) this.#reset(flow, segment);
  }

  /** False where the segment brings no connection back. Cookies are asked of it only if some may still be on their way. */
  meetCookie(flow: Flow, segment: TcpSegment, packet: Uint8Array): boolean {
    const { outlet, hasRoom, onEstablished, onPressure } = this.around;
    const now = this.options.clock.now();
    if (!this.#isOpen || now - this.#lastCookieAt > COOKIE_VALID_MS) return false;
    const opened = this.#cookies?.connection(flow, segment, now);
    if (opened === undefined) return false;
    if (hasRoom()) {
      outlet(flow).onTrace?.({ type: 'received', at: now, packet });
      onEstablished(flow, opened);
    } else {
      onPressure(flow, 'connection-dropped');
    }
    return true;
  }

  #meetSyn(flow: Flow, syn: TcpSegment, packet: Uint8Array): void {
    const { backlog = DEFAULT_BACKLOG, clock } = this.options;
    const { halfOpen, keyOf, offer, outlet, hasRoom, onPressure } = this.around;
    const now = clock.now();
    if (!hasRoom()) {
      onPressure(flow, 'connection-dropped');
    } else if (halfOpen.size < backlog) {
      outlet(flow).onTrace?.({ type: 'received', at: now, packet });
      const iss = initialSequenceNumber(flow, now);
      halfOpen.open(keyOf(flow), flow, passiveOpen({ iss, ...offer.for(flow) }, syn, now));
    } else if (this.#cookies !== undefined) {
      this.#lastCookieAt = now;
      const out = outlet(flow);
      out.onTrace?.({ type: 'received', at: now, packet });
      sendSegment(this.#cookies.answer(flow, syn, now), out, { retransmission: false, clause: COOKIES });
      onPressure(flow, 'syn-cookie');
    } else {
      onPressure(flow, 'syn-dropped');
    }
  }

  /** Not too often, lest whoever forges an address has us send RSTs to it. */
  #reset(flow: Flow, segment: TcpSegment): void {
    const reset = resetFor(segment);
    if (reset === undefined) return;
    if (!this.#resets.take()) {
      this.around.onPressure(flow, 'reset-withheld');
      return;
    }
    const { src, srcPort, dst, dstPort } = flow;
    const ip = src.includes(':') ? ({ version: 6, src, dst } as const) : ({ version: 4, src, dst } as const);
    this.options.port.send(emitPacket({ ip, tcp: { srcPort, dstPort, ...reset } }));
  }
}
