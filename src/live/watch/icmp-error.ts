/** An ICMP error that says of a TCP connection that its other end cannot be reached. RFC 792, RFC 4443 §3.1. */
import type { PassedFrame } from '../../linux/capture/turn-ring.js';
import type { Flow } from '../../wire/flow.js';
import { parsePacket } from '../../wire/index.js';

export interface QuotedError {
  /** Of the packet that it is about. */
  readonly flow: Flow;
  readonly from: string;
  readonly code: number;
}

/** undefined: it is none, or of another port or host. */
export function quotedIn(
  { bytes, linkHeaderBytes }: PassedFrame,
  { port, host }: { readonly port?: number | undefined; readonly host?: string | undefined },
): QuotedError | undefined {
  const parsed = parsePacket(bytes.subarray(linkHeaderBytes));
  if (!parsed.ok) return undefined;
  const { ip, icmp, icmpv6 } = parsed.value;
  const error = icmp ?? icmpv6;
  if (error?.kind !== 'unreachable' || error.quoted === undefined) return undefined;
  const { tcp, tcpStart, ip: about } = error.quoted;
  const ports = tcp ?? tcpStart;
  if (ports === undefined) return undefined;
  const flow = { src: about.src, srcPort: ports.srcPort, dst: about.dst, dstPort: ports.dstPort };
  if (port !== undefined && port !== flow.srcPort && port !== flow.dstPort) return undefined;
  if (host !== undefined && host !== flow.src && host !== flow.dst) return undefined;
  return { flow, from: ip.src, code: error.code };
}
