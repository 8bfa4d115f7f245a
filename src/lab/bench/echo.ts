/** ICMP echo by hand: what ping sends, and whether it was answered. RFC 792; RFC 4443 §4. */
import type { EndName } from '../../evidence/host.js';
import { type LayersInit, parsePacket } from '../../wire/index.js';
import type { Endpoint } from './endpoint.js';
import type { Bench } from './bench.js';

const ID = 0x7261;

/** Sends an echo request between the addresses of `hand`'s flow. */
export function sendEchoRequest(endpoint: Endpoint): void {
  const echo = {
    kind: 'echoRequest',
    id: ID,
    sequence: 1,
    payload: new TextEncoder().encode('anybody there?'),
  } as const;
  const message: LayersInit = endpoint.flow.src.includes(':') ? { icmpv6: echo } : { icmp: echo };
  endpoint.sendPacket(message);
}

/** Whether `host` has answered it by now. */
export const hasAnsweredEcho = (bench: Bench, host: EndName): boolean =>
  bench.frames().some(({ from, bytes }) => {
    const parsed = parsePacket(bytes.subarray(ETHERNET_HEADER_BYTES));
    if (from !== host || !parsed.ok) return false;
    const message = parsed.value.icmp ?? parsed.value.icmpv6;
    return message?.kind === 'echoReply' && message.id === ID;
  });

const ETHERNET_HEADER_BYTES = 14;
