/** Findings as JSON, in the words of every other report. */
import type { Language } from '../error.js';
import type { Finding } from '../diagnosis/finding.js';
import type { ObservedPacket } from '../evidence/packet.js';
import type { HostName } from '../evidence/host.js';
import type { Flow } from '../wire/flow.js';
import { secondsSince } from './seconds.js';

export interface FindingJson {
  readonly id: Finding['id'];
  readonly certainty: Finding['certainty'];
  readonly host: HostName;
  /** Of the last of its packets, in seconds; left out where it has none. */
  readonly at?: number;
  /** Seen from the host. */
  readonly flow: Flow;
  /** What happened. */
  readonly text: string;
  /** How it comes to that. */
  readonly because?: string;
  /** What to do about it: lines to paste. */
  readonly do: readonly string[];
  /** Which of the document's packets it is made of, from 0. */
  readonly packets: readonly number[];
  /** Where it is laid down: a section of an RFC. */
  readonly source: string;
}

/** The document's packets, and the moment from which its times count. */
export interface InDocument {
  readonly packets: readonly ObservedPacket[];
  readonly startMs: number;
}

export function findingsJson(findings: readonly Finding[], document: InDocument, language: Language): FindingJson[] {
  const places = new Map(document.packets.map((packet, place) => [packet, place]));
  return findings.map(({ id, certainty, host, flow, meaning, because, advice, source, at }) => {
    const packets = at.flatMap((moment) => (moment.type === 'packet' ? [moment.packet] : []));
    const last = packets.at(-1);
    const { src, srcPort, dst, dstPort } = flow;
    return {
      ...{ id, certainty, host },
      ...(last !== undefined && { at: secondsSince(document.startMs, last.at) }),
      ...{ flow: { src, srcPort, dst, dstPort }, text: meaning[language] },
      ...(because !== undefined && { because: because[language] }),
      do: advice === undefined ? [] : [advice],
      packets: packets.flatMap((packet) => places.get(packet) ?? []),
      source,
    };
  });
}
