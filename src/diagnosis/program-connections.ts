/** The connections of a program's run: which there were, how each went, and how much text passed. */
import type { Outcome } from '../evidence/outcome.js';
import { type ObservedPacket, sequenceEnd } from '../evidence/packet.js';
import { programRecording, type ProgramRun } from '../evidence/program-run.js';
import { endpoint, type Flow, reverseFlow } from '../wire/flow.js';
import { type Seq, seqDiff, seqGt, TcpFlag } from '../wire/index.js';
import { diagnose } from './diagnosis.js';
import { COURSE_IDS, type Finding } from './finding.js';

export interface ProgramConnection {
  /** Seen from the program's host. */
  readonly flow: Flow;
  readonly outcome: Outcome;
  /** Of text, each byte once, in segments that were not damaged. */
  readonly bytes: { readonly out: number; readonly in: number };
}

export interface ProgramFindings {
  readonly connections: readonly ProgramConnection[];
  /** Of all of them. */
  readonly findings: readonly Finding[];
  /** There were connections, and all were established. */
  readonly ok: boolean;
}

export function programFindings(run: ProgramRun): ProgramFindings {
  const findings = diagnose(programRecording(run));
  const bytes = textOf(run.packets);
  const connections = findings.filter(isCourse).map((finding) => {
    const flow = finding.host === run.role ? finding.flow : reverseFlow(finding.flow);
    const [out, back] = [flow, reverseFlow(flow)].map((way) => bytes.get(wayOf(way)) ?? 0);
    return { flow, outcome: outcomeOf(finding), bytes: { out: out ?? 0, in: back ?? 0 } };
  });
  const ok = connections.length > 0 && connections.every(({ outcome }) => outcome === 'established');
  return { connections, findings, ok };
}

const isCourse = ({ id }: Finding): boolean => (COURSE_IDS as readonly string[]).includes(id);

/** A SYN/ACK that nobody has acknowledged was given up by whoever had it. */
function outcomeOf({ id }: Finding): Outcome {
  if (id === 'own-kernel-reset') return 'reset-by-own-kernel';
  return id === 'half-open' ? 'aborted' : (id as Outcome);
}

const wayOf = ({ src, srcPort, dst, dstPort }: Flow): string => `${endpoint(src, srcPort)} ${endpoint(dst, dstPort)}`;

/** How many bytes went each way. Four-tuples that are used again are counted together. */
function textOf(packets: readonly ObservedPacket[]): ReadonlyMap<string, number> {
  const [bytes, next] = [new Map<string, number>(), new Map<string, Seq>()];
  for (const { packet, segment } of packets) {
    const way = wayOf({ src: packet.ip.src, srcPort: segment.srcPort, dst: packet.ip.dst, dstPort: segment.dstPort });
    const end = sequenceEnd(segment);
    const before = next.get(way);
    const isNew = before === undefined || (segment.flags & TcpFlag.SYN) !== 0 || seqGt(end, before);
    if (!segment.checksumOk || !isNew) continue;
    next.set(way, end);
    const fresh =
      before === undefined ? segment.payload.length : Math.min(segment.payload.length, seqDiff(end, before));
    bytes.set(way, (bytes.get(way) ?? 0) + Math.max(0, fresh));
  }
  return bytes;
}
