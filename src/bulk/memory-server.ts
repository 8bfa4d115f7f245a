/** A server in a few lines, for rehearsals and tests without a kernel: it keeps no state, as one with SYN cookies does. */
import { formatIpv4Address, emitFrame, TcpFlag } from '../wire/index.js';

/** Numbers from all of the 32 bits: V8 compiles another code for those that fit into 31. */
const issFor = (seq: number): number => (seq ^ 0x8000_0000) >>> 0;

/** What a server with an open port would answer to a frame of the engine, as a frame; `closes`: its program resets at once. */
export function answerTo(frame: Uint8Array, closes = false): Uint8Array | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const flags = view.getUint8(47) & 0x3f;
  const [seq, ack] = [view.getUint32(38), view.getUint32(42)];
  const payloadBytes = view.getUint16(16) - 20 - 4 * (view.getUint8(46) >>> 4);
  if ((flags & TcpFlag.RST) !== 0) return undefined;
  if (flags === TcpFlag.SYN) return reply(view, 'S.', issFor(seq), seq + 1);
  if ((flags & TcpFlag.FIN) !== 0) return reply(view, 'F.', ack, seq + payloadBytes + 1);
  if (closes) return reply(view, 'R.', ack, seq);
  return payloadBytes > 0 ? reply(view, '.', ack, seq + payloadBytes) : undefined;
}

const reply = (to: DataView, flags: string, seq: number, ack: number): Uint8Array =>
  emitFrame({
    link: { kind: 'ethernet', src: '02:00:00:00:00:02', dst: '02:00:00:00:00:03' },
    packet: {
      ip: { version: 4, src: formatIpv4Address(to.getUint32(30)), dst: formatIpv4Address(to.getUint32(26)) },
      tcp: {
        srcPort: to.getUint16(36),
        dstPort: to.getUint16(34),
        seq: seq >>> 0,
        ack: ack >>> 0,
        flags,
        window: 65160,
        ...(flags === 'S.' && { options: [{ kind: 'mss', mss: 1460 }] as const }),
      },
    },
  });
