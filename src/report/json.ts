/** Evidence as the JSON of the command line: `at` in seconds with microseconds, sequence numbers absolute, text relative. */
import type { Language } from '../error.js';
import type { FilterVerdict } from '../filter/judge.js';
import type { HandshakeRun, RuleEvidence } from '../evidence/run.js';
import { asExpected } from '../evidence/run.js';
import type { Lookup } from '../evidence/lookup.js';
import { isReplaced, type NotRun, type RemedyNotRun } from '../evidence/not-run.js';
import type { HostName } from '../evidence/host.js';
import {
  initialSequenceNumbers,
  type ObservedPacket,
  type Sender,
  type SendingProgram,
  type SentFor,
} from '../evidence/packet.js';
import { handshakeTimeline } from '../evidence/handshake-timeline.js';
import { findingsJson } from './finding-json.js';
import { kernelEventJson, socketTableJson } from './kernel-json.js';
import { momentsJson } from './moment-json.js';
import { secondsSince } from './seconds.js';
import { segmentJson, type SegmentJson } from './packet-json.js';
import { findingsOf } from './words.js';
import { earliest, startOf } from '../evidence/timeline.js';

export interface PacketJson extends SegmentJson {
  readonly at: number;
  readonly from: HostName;
  readonly to: HostName;
  readonly sender: Sender;
  /** Which program's it was. */
  readonly program?: SendingProgram;
  /** For whom a kernel made it, where that was looked for. */
  readonly sentFor?: SentFor;
  /** Which host, on its way or at its end, dropped it. */
  readonly droppedAt?: HostName;
  /** Why the hand-made side did not believe it. */
  readonly ignored?: string;
  /** The hand-made side has sent it before. */
  readonly retransmission?: true;
}

/** What does not apply is left out. */
export const senderJson = ({ sender, program, sentFor }: ObservedPacket) => ({
  sender,
  ...(program !== undefined && { program: { ...program } }),
  ...(sentFor !== undefined && { sentFor }),
});

/** `numbers`: the first sequence number of each host, from which `text` counts. */
function packetJson(observed: ObservedPacket, startMs: number, numbers: Partial<Record<HostName, number>>): PacketJson {
  const { from, to, packet, segment, ignored, retransmission, droppedAt } = observed;
  return {
    at: secondsSince(startMs, observed.at),
    from,
    to,
    ...senderJson(observed),
    ...segmentJson(packet, segment, { seqBase: numbers[from], ackBase: numbers[to] }),
    ...(droppedAt !== undefined && { droppedAt }),
    ...(ignored !== undefined && { ignored }),
    ...(retransmission !== undefined && { retransmission }),
  };
}

/** Packets of one flow, timed from the first of them. */
export function packetsJson(packets: readonly ObservedPacket[]): readonly PacketJson[] {
  const [first] = packets;
  const numbers = initialSequenceNumbers(packets);
  return packets.map((packet) => packetJson(packet, first?.at ?? 0, numbers));
}

export function lookupJson({ atMs, host, src, srcPort, dst, dstPort, owner }: Lookup, startMs: number) {
  return { at: secondsSince(startMs, atMs), host, src, srcPort, dst, dstPort, owner };
}

/** Milliseconds to the microsecond. */
export const ruleJson = (rule: RuleEvidence | null): RuleEvidence | null =>
  rule?.afterHandshakeMs === undefined
    ? rule
    : { ...rule, afterHandshakeMs: Math.round(rule.afterHandshakeMs * 1000) / 1000 };

const verdictJson = ({ ok, silent, findings }: FilterVerdict, language: Language) => ({
  ok,
  silent,
  findings: findings.map(({ text, ...finding }) => ({ ...finding, text: text[language] })),
});

/** Without the identities by which events were joined: they mean nothing outside. */
export function runJson(run: HandshakeRun, language: Language) {
  const startMs = earliest([
    ...run.packets.map(({ at }) => at),
    ...[...run.lookups, ...run.kernel, ...run.sockets].map(({ atMs }) => atMs),
  ]);
  const numbers = initialSequenceNumbers(run.packets);
  return {
    remedy: run.remedy,
    role: run.role,
    family: run.family,
    transport: run.transport,
    expected: run.expected,
    observed: run.observed,
    ok: asExpected(run),
    client: run.client,
    server: run.server,
    rule: ruleJson(run.rule),
    adopted: run.adoptedAt !== undefined,
    ...(run.adoptedAt !== undefined && { adoptedAt: secondsSince(startMs, run.adoptedAt) }),
    verdict: run.verdict && verdictJson(run.verdict, language),
    ownResetLeft: run.ownResetLeft,
    findings: findingsJson(findingsOf(run), { packets: run.packets, startMs }, language),
    packets: run.packets.map((packet) => packetJson(packet, startMs, numbers)),
    lookups: run.lookups.map((lookup) => lookupJson(lookup, startMs)),
    setupMs: Math.round(run.setupMs * 1000) / 1000,
    kernel: run.kernel.map((event) => kernelEventJson(event, startMs)),
    kernelMissing: run.missing.map((text) => text[language]),
    sockets: run.sockets.map((table) => socketTableJson(table, startMs)),
    counters: run.counters,
    moments: momentsJson(handshakeTimeline(run), run.hosts, startOf(run) - startMs, language),
    durationMs: Math.round(run.durationMs * 10) / 10,
  };
}

export interface CompareContext {
  /** The kernel's release: `6.18.44`. */
  readonly kernel: string;
  /** Whether it ran in a user namespace, without root. */
  readonly rootless: boolean;
}

export function compareJson(
  runs: readonly HandshakeRun[],
  { kernel, rootless }: CompareContext,
  language: Language = 'en',
  notRun: readonly RemedyNotRun[] = [],
) {
  return {
    command: 'compare',
    version: 1,
    kernel,
    rootless,
    ok: runs.every(asExpected) && notRun.every(isReplaced),
    runs: runs.map((run) => runJson(run, language)),
    notRun: notRun.map(({ remedy, role, family, instead, ...why }) => ({
      ...{ remedy, role, family },
      ...(instead !== undefined && { instead }),
      ...notRunJson(why, language),
    })),
  } as const;
}

/** What an error is in JSON. */
export const notRunJson = ({ code, reason, hint }: NotRun, language: Language) => ({
  code,
  message: reason.en,
  hint: hint[language],
});
