/** Text behind a FIN: no TCP sends any, so one of the two is not the other side's, and whoever took the FIN has not all. */
import type { TraceEntry } from '../driver/trace.js';
import type { Obstacle } from '../evidence/connection.js';
import { type Missing, type Tcb, TEXT_AFTER_FIN } from '../tcp/index.js';
import { parsePacket } from '../wire/index.js';
import { type Seq, seqAdd, seqDiff, seqGt } from '../wire/seq.js';

/** What a machine that has taken the FIN has dropped behind it. */
export class TextBehindFin {
  #received: Uint8Array | undefined;
  #end: Seq | undefined;

  /** As `onTrace` of the connection. */
  readonly hear = (entry: TraceEntry): void => {
    if (entry.type === 'received') this.#received = entry.packet;
    else if (entry.type === 'dropped' && entry.why === TEXT_AFTER_FIN) this.#note(entry.packet ?? this.#received);
  };

  of({ rcvNxt }: Tcb): Missing | undefined {
    if (this.#end === undefined) return undefined;
    const bytes = seqDiff(this.#end, rcvNxt) + 1; // the FIN stood where the text goes on
    return bytes > 0 ? { bytes, fin: false } : undefined;
  }

  #note(packet: Uint8Array | undefined): void {
    const parsed = packet && parsePacket(packet);
    if (parsed?.ok !== true || parsed.value.tcp === undefined || parsed.value.tcp.payload.length === 0) return;
    const end = seqAdd(parsed.value.tcp.seq, parsed.value.tcp.payload.length);
    if (this.#end === undefined || seqGt(end, this.#end)) this.#end = end;
  }
}

/** tcp_rcv_state_process() resets such a connection; by hand the text is dropped. RFC 9293 §3.10.7.4, seventh. */
export const TEXT_BEHIND_FIN: Obstacle = {
  why: {
    en: 'text went on behind the FIN that was taken for the end: the FIN was forged, or the text was',
    zh: '在被视为结束的 FIN 之后仍有数据到来：二者之一是伪造的',
  },
  hint: {
    en: 'See who sent each: --pcap FILE keeps all packets, with their TTL and IP id; ask the other side how much it sent',
    zh: '请查看各自由谁发送：--pcap FILE 保存全部数据包及其 TTL 和 IP 标识；并向对方核实发送了多少数据',
  },
};
