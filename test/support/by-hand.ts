/** Segments between a client, on which a program makes them by hand, and a server, whose kernel answers. */
import { ENDS, type Host } from '../../src/evidence/host.js';
import type { ObservedPacket } from '../../src/evidence/packet.js';
import { millis } from '../../src/tcp/index.js';
import { emitPacket, parsePacket, type TcpInit } from '../../src/wire/index.js';

export const CLIENT = { src: '192.0.2.1', srcPort: 42001, dst: '192.0.2.2', dstPort: 8888 };
const SERVER = { src: CLIENT.dst, srcPort: CLIENT.dstPort, dst: CLIENT.src, dstPort: CLIENT.srcPort };
export const RAW = { sender: 'program', program: { socket: 'raw', name: 'python3' } } as const;
export const KERNEL = { sender: 'kernel' } as const;

export const HOSTS: readonly Host[] = [
  { ...ENDS.client, addresses: ['192.0.2.1'] },
  { ...ENDS.server, addresses: ['192.0.2.2'] },
];

type Sent = Partial<TcpInit> & { readonly src?: string; readonly dst?: string; readonly ipChecksum?: number };

export function sent(
  at: number,
  from: 'client' | 'server',
  who: typeof RAW | typeof KERNEL,
  init: Sent,
): ObservedPacket {
  const { src, dst, ipChecksum, ...tcp } = init;
  const flow = from === 'client' ? CLIENT : SERVER;
  const ip = {
    version: 4,
    src: src ?? flow.src,
    dst: dst ?? flow.dst,
    ...(ipChecksum !== undefined && { checksum: ipChecksum }),
  } as const;
  const parsed = parsePacket(
    emitPacket({ ip, tcp: { flags: 'S', ...tcp, srcPort: flow.srcPort, dstPort: flow.dstPort } }),
  );
  if (!parsed.ok || parsed.value.tcp === undefined) throw new Error('no packet');
  const to = from === 'client' ? 'server' : 'client';
  return { at: millis(at), from, to, ...who, packet: parsed.value, segment: parsed.value.tcp };
}

export const byHand = (at: number, init: Sent): ObservedPacket => sent(at, 'client', RAW, init);
export const server = (at: number, init: Sent): ObservedPacket => sent(at, 'server', KERNEL, init);

export const SYN = byHand(1, { seq: 1000 });
export const SYN_ACK = server(2, { flags: 'S.', seq: 7301, ack: 1001 });
