/** `probe` as JSON: an object of one, an array of several. */
import { isTooBig } from '../driver/icmp.js';
import { zonedFlow } from '../linux/port/zone.js';
import type { ProbeResult } from '../live/index.js';
import { packetsJson } from '../report/json.js';

/** Of all replies in one document, which anybody can send: far more than honest ones have. */
const MOST_REPLY_BYTES = 16 << 20;

/** What is said of each probe, until all are over. */
export class ProbeDocuments {
  readonly #all: ReturnType<typeof probeJson>[] = [];
  #bytesLeft = MOST_REPLY_BYTES;

  add(result: ProbeResult): void {
    const { replies, leftOut } = result;
    this.#bytesLeft -= replies.reduce((sum, { packet }) => sum + packet.bytes.length, 0);
    const without = { replies: [], leftOut: { packets: leftOut.packets + replies.length, after: 0 } };
    this.#all.push(probeJson(this.#bytesLeft >= 0 ? result : { ...result, ...without }));
  }

  /** An object of one, an array of several. */
  one(): unknown {
    return this.#all.length === 1 ? this.#all[0] : this.#all;
  }
}

function probeJson({ outcome, flow, zone, sent, replies, leftOut, icmp, transport }: ProbeResult) {
  const [first, ...rest] = packetsJson([sent, ...replies]);
  return {
    command: 'probe',
    version: 1,
    outcome,
    flow: zonedFlow(flow, zone),
    transport,
    sent: first,
    replies: rest.map((packet, i) => ({ ...packet, answers: replies[i]?.answers })),
    leftOut: { packets: leftOut.packets },
    ...(icmp !== undefined && { icmp: icmpJson(icmp, sent.at) }),
  };
}

/** `at`: seconds after the segment that it is about, to the microsecond. */
const icmpJson = (icmp: NonNullable<ProbeResult['icmp']>, sentAt: number) => ({
  at: Math.round((icmp.at - sentAt) * 1000) / 1e6,
  from: icmp.from,
  kind: icmp.kind,
  code: icmp.code,
  /** Of the next link, as far as its router tells; 0: it does not. */
  ...(isTooBig(icmp) && { mtu: icmp.mtu ?? 0 }),
});
