/** The peer of an order: a program on a kernel's socket, or segments by hand. */
import type { Socket } from 'node:net';
import type { Endpoint } from '../../../src/lab/bench/endpoint.js';
import { openEndpoint } from '../../../src/lab/bench/open-endpoint.js';
import type { Lab } from '../../../src/lab/lab.js';
import { DEFAULT_MARK } from '../../../src/filter/plan.js';
import { resetSocket } from '../../support/reset-socket.js';
import { TcpFlag, type TcpSegment } from '../../../src/wire/index.js';
import type { Order, SynAnswer } from './order.js';

export interface Peer {
  /** The connection stands, at its end. */
  readonly ready: Promise<void>;
  readonly sent: string;
  readonly received: string;
  send(bytes: number): void;
  end(): void;
  close(): void;
  reset(): void;
  /** When nothing more is to come. */
  dispose(): void;
}

/** ASCII that tells what is missing. */
export const text = (from: number, bytes: number): string =>
  Array.from({ length: bytes }, (_, i) => String.fromCharCode(97 + ((from + i) % 26))).join('');

/** What vanishes: the ports of the server of which nothing goes out or comes in. Its kernel is silent for peers by hand. */
export const VANISHED = `table inet order {
  set vanished { type inet_service; }
  chain in { type filter hook prerouting priority -500; tcp dport @vanished drop; }
  chain out { type filter hook output priority -500;
    tcp sport @vanished drop
    tcp sport 20000-29999 tcp flags & rst == rst meta mark != ${String(DEFAULT_MARK)} drop
  }
}`;

/** Peers by hand have ports of their own. */
export const peerPort = ({ seed, peer }: Order): number => (peer === 'kernel' ? 10_000 : 20_000) + seed;

export async function kernelPeer(lab: Lab, order: Order): Promise<Peer> {
  let socket: Socket | undefined;
  let [sent, received] = ['', ''];
  let stands = (): void => undefined;
  const ready = new Promise<void>((resolve) => (stands = resolve));
  const listener = await lab.server.listen(order.family, peerPort(order), (accepted) => {
    socket = accepted.on('error', () => undefined).on('data', (bytes: Buffer) => (received += String(bytes)));
    stands();
  });
  return {
    ready,
    get sent() {
      return sent;
    },
    get received() {
      return received;
    },
    send(bytes) {
      const more = text(sent.length, bytes);
      sent += more;
      socket?.write(more);
    },
    end: () => void socket?.end(),
    close: () => void socket?.destroy(),
    reset() {
      if (socket !== undefined) resetSocket(socket);
    },
    dispose() {
      listener.close();
      socket?.destroy();
    },
  };
}

const MSS = 1200;

/** How often it sends again what is not acknowledged. */
const AGAIN_MS = 200;

/** Acknowledges at once. */
export class HandPeer implements Peer {
  readonly #hand: Endpoint;
  readonly #answer: SynAnswer;
  readonly ready: Promise<void>;
  #stands = (): void => undefined;
  #sndNxt = 0;
  #sndUna = 0;
  #rcvNxt = 0;
  #unacknowledged: { readonly end: number; readonly send: () => void }[] = [];
  readonly #again = setInterval(() => {
    if (this.#state === 'over') return;
    for (const { end, send } of this.#unacknowledged) if (end > this.#sndUna) send();
  }, AGAIN_MS);
  #state: 'open' | 'ended' | 'closed' | 'over' = 'open';
  #reading = false;
  sent = '';
  received = '';

  constructor(lab: Lab, order: Order, clientPort: number) {
    this.#answer = order.peer as SynAnswer;
    this.#hand = openEndpoint(lab, 'server', { family: order.family, clientPort, serverPort: peerPort(order) });
    this.ready = new Promise((resolve) => (this.#stands = resolve));
    this.#hand.onArrival(() => void this.#read());
  }

  send(bytes: number): void {
    for (let left = bytes; left > 0; left -= MSS) {
      const payload = text(this.sent.length, Math.min(left, MSS));
      this.sent += payload;
      this.#say('P.', payload);
    }
  }

  end(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ended';
    this.#say('F.');
  }

  close(): void {
    this.end();
    if (this.#state === 'ended') this.#state = 'closed';
  }

  reset(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#say('R.');
  }

  dispose(): void {
    clearInterval(this.#again);
    this.#hand.close();
  }

  #say(flags: string, payload = ''): void {
    const from = this.#sndNxt;
    const to = from + payload.length;
    const send = (): void => {
      const segment = `${flags} ${from}:${to}(${payload.length}) ack ${this.#rcvNxt} win 64240`;
      this.#hand.send(segment, { payload: Buffer.from(payload) });
    };
    this.#sndNxt = to + (flags.startsWith('F') ? 1 : 0);
    if (this.#sndNxt > from) this.#unacknowledged.push({ end: this.#sndNxt, send });
    send();
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#hand.hasNext) this.#take(await this.#hand.next());
    this.#reading = false;
  }

  #take({ flags, seq, ack, payload }: TcpSegment): void {
    if ((flags & TcpFlag.RST) !== 0) this.#state = 'over';
    else if (this.#state === 'over') {
      // As a kernel that has no socket for it.
      if ((flags & TcpFlag.ACK) !== 0) this.#hand.send('R 0:0(0)', { seq: ack });
    } else if ((flags & TcpFlag.SYN) !== 0) this.#answerSyn();
    else {
      this.#stands();
      this.#sndUna = Math.max(this.#sndUna, (ack - this.#hand.iss) >>> 0);
      const isFin = (flags & TcpFlag.FIN) !== 0;
      if (payload.length === 0 && !isFin) return;
      const isNext = (seq - (this.#hand.irs ?? 0)) >>> 0 === this.#rcvNxt;
      if (isNext && payload.length > 0 && this.#state === 'closed') {
        this.reset();
        return;
      }
      if (isNext) {
        this.received += Buffer.from(payload).toString();
        this.#rcvNxt += payload.length + (isFin ? 1 : 0);
      }
      this.#say('.');
    }
  }

  #answerSyn(): void {
    if (this.#rcvNxt > 0 || this.#answer === 'none') return;
    this.#rcvNxt = 1;
    if (this.#answer === 'rst') {
      this.reset();
      return;
    }
    const payload = this.#answer.startsWith('data') ? 'with the SYN' : '';
    this.sent = payload;
    const isFin = this.#answer.endsWith('fin');
    if (isFin) this.#state = 'ended';
    const flags = isFin ? 'SF.' : 'S.';
    this.#hand.send(`${flags} 0:${payload.length}(${payload.length}) ack 1 win 64240 <mss ${MSS}>`, {
      payload: Buffer.from(payload),
    });
    this.#sndNxt = 1 + payload.length + (isFin ? 1 : 0);
  }
}
