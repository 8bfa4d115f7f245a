/** The ordinary programs of a case: kernel sockets that listen, connect, accept, read, write and close. */
import type { Socket } from 'node:net';
import type { EndName } from '../evidence/host.js';
import { type Program, runOn } from '../lab/bench/program.js';
import type { Bench } from '../lab/bench/bench.js';
import {
  type AcceptedSocket,
  bindWithoutListening,
  listenWithoutAccepting,
  type PatientListener,
} from '../linux/port/kernel-socket.js';
import type { Flow } from '../wire/flow.js';
import { MissingValue } from './expression.js';

/** One end of a connection, as its program has it. */
interface End {
  /** What it has read and nobody has asked for yet. */
  unread: string;
  readonly program?: Program;
  readonly accepted?: AcceptedSocket;
  outcome: string;
}

/** Of all programs of a case together: what is written is kept until somebody reads it. */
const MOST_WRITTEN_CHARACTERS = 1 << 20;

export class Programs {
  /** By host and both ports, its own first. */
  readonly #ends = new Map<string, End>();
  /** Those that accept only when they are told to. */
  readonly #patient = new Map<string, PatientListener>();

  #written = 0;

  constructor(private readonly bench: Bench) {}

  async listen(host: EndName, port: number, { patient, backlog }: { patient: boolean; backlog?: number | undefined }) {
    const { lab, family, leases } = this.bench;
    if (!patient) {
      await lab[host].listen(family, port, (socket) => {
        this.#add(host, port, socket.remotePort ?? 0, socket, 'connected');
      });
      return;
    }
    const listener = listenWithoutAccepting(lab[host].netns, lab[host].address(family), port, backlog);
    this.#patient.set(`${host} ${String(port)}`, leases.add(listener));
  }

  bind(host: EndName, port: number): void {
    const { lab, family, leases } = this.bench;
    leases.add(bindWithoutListening(lab[host].netns, lab[host].address(family), port));
  }

  /** Its SYN leaves a tick later. */
  connect(host: EndName, flow: Flow): void {
    const end = this.#add(host, flow.srcPort, flow.dstPort, this.bench.lab[host].connect(flow), 'connecting');
    void end.program?.outcome.then((outcome) => (end.outcome = outcome));
  }

  /** Has a program carry on a connection that somebody else has opened. */
  takeOver(host: EndName, { srcPort, dstPort }: Flow, socket: Socket): void {
    this.#add(host, srcPort, dstPort, socket, 'connected');
  }

  /** accept() once, which does not wait; whether somebody was in the queue. */
  accept(host: EndName, { srcPort, dstPort }: Flow): boolean {
    const listener = this.#patient.get(`${host} ${String(srcPort)}`);
    if (listener === undefined)
      throw new MissingValue({
        en: `nothing on ${host} listens on ${String(srcPort)} with accept: false`,
        zh: `${host} 上没有以 accept: false 监听端口 ${String(srcPort)} 的程序`,
      });
    const accepted = listener.accept();
    if (accepted === undefined) return false;
    this.bench.leases.add(accepted);
    this.#ends.set(keyOf(host, srcPort, dstPort), { unread: '', accepted, outcome: 'connected' });
    return true;
  }

  /** `connecting`, `connected`, or the errno that ended it. */
  outcome(host: EndName, { srcPort, dstPort }: Flow): string {
    const end = this.#ends.get(keyOf(host, srcPort, dstPort));
    return end?.program?.error() ?? end?.outcome ?? 'none';
  }

  write(host: EndName, flow: Flow, text: string): void {
    this.#written += text.length;
    if (this.#written > MOST_WRITTEN_CHARACTERS) throw tooMuchWritten();
    this.#socket(host, flow).write(text);
  }

  close(host: EndName, flow: Flow): void {
    this.#socket(host, flow).end();
  }

  /** What its program has read and nobody has taken yet; empty where it has read nothing. */
  unread(host: EndName, { srcPort, dstPort }: Flow): string {
    const end = this.#ends.get(keyOf(host, srcPort, dstPort));
    if (end?.accepted !== undefined) end.unread += end.accepted.read() ?? '';
    return end?.unread ?? '';
  }

  /** Takes so many characters of it. */
  take(host: EndName, { srcPort, dstPort }: Flow, length: number): void {
    const end = this.#ends.get(keyOf(host, srcPort, dstPort));
    if (end !== undefined) end.unread = end.unread.slice(length);
  }

  #socket(host: EndName, { srcPort, dstPort }: Flow): Socket {
    const socket = this.#ends.get(keyOf(host, srcPort, dstPort))?.program?.socket;
    if (socket === undefined)
      throw new MissingValue({ en: `no program on ${host} has this connection`, zh: `${host} 上没有程序拥有这个连接` });
    return socket;
  }

  #add(host: EndName, ownPort: number, otherPort: number, socket: Socket, outcome: string): End {
    const end: End = { unread: '', program: runOn(this.bench, socket), outcome };
    socket.on('data', (text: string) => (end.unread += text));
    this.#ends.set(keyOf(host, ownPort, otherPort), end);
    return end;
  }
}

const keyOf = (host: EndName, ownPort: number, otherPort: number): string =>
  `${host} ${String(ownPort)} ${String(otherPort)}`;

const tooMuchWritten = (): MissingValue =>
  new MissingValue({
    en: `the programs of a case write at most ${String(MOST_WRITTEN_CHARACTERS)} characters`,
    zh: `一种情况中的程序最多写入 ${String(MOST_WRITTEN_CHARACTERS)} 个字符`,
  });
