/** Floods of a lab's server: packets from addresses drawn by chance, from the client's end of the link, at a given pace. */
import { setTimeout as delay } from 'node:timers/promises';
import { ADDRESSES, LINK } from '../../src/lab/addresses.js';
import type { Lab } from '../../src/lab/lab.js';
import { libc } from '../../src/linux/libc/libc.js';
import { openPacketSocket } from '../../src/linux/port/packet-socket.js';
import {
  createTemplate,
  formatIpv4Address,
  type PacketInit,
  setSeq,
  setSrc,
  setSrcPort,
  type TcpInit,
} from '../../src/wire/index.js';

export interface FloodOptions {
  readonly port: number;
  readonly perSecond: number;
  /** How many in all; with Infinity until `stop`. */
  readonly count: number;
  /** The server takes the addresses for neighbours on its own link, and asks for each in vain; else they are behind the client. */
  readonly asNeighbours?: boolean;
  /** A SYN with the options of Linux where left out. */
  readonly tcp?: TcpInit;
}

export interface Flood {
  /** How many were sent by now. */
  readonly sent: number;
  stop(): void;
  /** Resolves when all were sent, or it was stopped. */
  readonly over: Promise<void>;
}

const TICK_MS = 1;

const SYN: TcpInit = {
  flags: 'S',
  window: 64240,
  options: [
    { kind: 'mss', mss: 1460 },
    { kind: 'sackOK' },
    { kind: 'timestamps', value: 1, echo: 0 },
    { kind: 'nop' },
    { kind: 'wscale', shift: 7 },
  ],
};

/** A SYN, from 1.0.0.0 to 126.255.255.255, where nobody is; what is answered to there the client's kernel drops. */
export function flood(lab: Lab, { port, perSecond, count, asNeighbours = false, tcp = SYN }: FloodOptions): Flood {
  const way = asNeighbours ? ['dev', LINK] : ['via', lab.client.address(4)];
  lab.server.run(['ip', 'route', 'replace', '0.0.0.0/1', ...way]);
  const init: PacketInit = {
    ip: { version: 4, src: '1.0.0.1', dst: lab.server.address(4) },
    tcp: { srcPort: 1024, dstPort: port, ...tcp },
  };
  const template = createTemplate(init);
  const header = Buffer.from([ADDRESSES.server.mac, ADDRESSES.client.mac].join('').replaceAll(':', '') + '0800', 'hex');
  const socket = lab.client.netns.run(() =>
    openPacketSocket({
      interfaceIndex: libc('if_nametoindex', LINK),
      filter: [[0x06, 0, 0, 0]], // it only sends
      onFrames: () => undefined,
      onError: (error) => {
        if (error.code !== 'ENOBUFS') throw error;
      },
    }),
  );
  let [sent, stopped] = [0, false];
  const random = (most: number): number => Math.floor(Math.random() * most);
  const sendOne = (): void => {
    setSrc(template, formatIpv4Address((1 + random(126)) * 0x1000000 + random(0x1000000)));
    setSrcPort(template, 1024 + random(64_000));
    setSeq(template, random(2 ** 32));
    socket.send(header, template.bytes);
    sent += 1;
  };
  const run = async (): Promise<void> => {
    const startedAt = performance.now();
    while (!stopped && sent < count) {
      const due = Math.min(count, ((performance.now() - startedAt) / 1000) * perSecond);
      while (sent < due) sendOne();
      await delay(TICK_MS);
    }
    socket.close();
  };
  const over = run();
  return {
    get sent() {
      return sent;
    },
    stop() {
      stopped = true;
    },
    over,
  };
}
