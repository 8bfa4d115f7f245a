/** Carries out what a step of the machine asks of the wire: segments go out, and each action is told to the trace. */
import type { Clause, OutgoingSegment, TcpAction } from '../tcp/types.js';
import { emitPacket, type PacketInit } from '../wire/index.js';
import type { Flow } from '../wire/flow.js';
import type { Clock, PacketPort } from './ports.js';
import type { TraceEntry } from './trace.js';

/** By which way the packets of one connection leave. */
export interface Outlet {
  readonly port: Pick<PacketPort, 'send'>;
  readonly clock: Clock;
  readonly flow: Flow;
  /** Changes a packet before it leaves, so that an experiment can send what no machine would. */
  /** Routers may cut the packets up: the path carries less than one goes down to. Default: DF is set, as RFC 1191 §3 asks. */
  readonly mayFragment?: boolean;
  readonly alter?: (packet: PacketInit) => PacketInit;
  readonly onTrace?: (entry: TraceEntry) => void;
}

/** What is for the connection's user (`deliver`, `established`, …) is left to whoever has one. */
export function carryOut(action: TcpAction, outlet: Outlet): void {
  const at = outlet.clock.now();
  switch (action.type) {
    case 'send':
      sendSegment(action.segment, outlet, action);
      return;
    case 'drop':
      outlet.onTrace?.({ type: 'dropped', at, why: action.why, clause: action.clause });
      return;
    case 'state':
      outlet.onTrace?.({ ...action, at });
      return;
    case 'deliver':
    case 'established':
    case 'peer-closed':
    case 'acknowledged':
    case 'ended':
      return;
  }
}

export function sendSegment(
  segment: OutgoingSegment,
  { port, clock, flow, mayFragment = false, alter, onTrace }: Outlet,
  { retransmission, clause }: { readonly retransmission: boolean; readonly clause: Clause },
): void {
  const { src, srcPort, dst, dstPort } = flow;
  const ip: PacketInit['ip'] = src.includes(':')
    ? { version: 6, src, dst }
    : { version: 4, src, dst, ...(mayFragment && { dontFragment: false, id: fragmentId(segment) }) };
  const init: PacketInit = { ip, tcp: { srcPort, dstPort, ...segment } };
  const packet = emitPacket(alter === undefined ? init : alter(init));
  port.send(packet);
  onTrace?.({ type: 'sent', at: clock.now(), packet, retransmission, clause });
}

/** Fragments of two packets are not to be taken for those of one. RFC 6864 §4.2. */
const fragmentId = ({ seq }: OutgoingSegment): number => seq & 0xffff || 1;
