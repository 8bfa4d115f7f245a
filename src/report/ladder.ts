/** A run as a ladder: packets between two lines of life, what the socket tables say in between, what the filter took. */
import { type HostName } from '../evidence/host.js';
import type { KernelEvent } from '../evidence/kernel-event.js';
import type { Lookup, Owner } from '../evidence/lookup.js';
import { receiverOf, type Sender } from '../evidence/packet.js';
import type { HandshakeRun, RuleEvidence } from '../evidence/run.js';
import { TcpFlag } from '../wire/index.js';
import { segmentName } from './segment-name.js';

/** One line of a ladder, in the order of time. */
export type Rung =
  | {
      readonly type: 'packet';
      /** Milliseconds since the run's first packet. */
      readonly ms: number;
      readonly name: string;
      readonly from: HostName;
      /** `from` itself, of a host that talks to itself. */
      readonly to: HostName;
      readonly sender: Sender;
      readonly reset: boolean;
      /** Why the hand-made side did not believe it. */
      readonly ignored?: string;
    }
  /** A RST of the hand-made side's kernel that the filter dropped; it never passed the link: only the kernel's trace knows when. */
  | { readonly type: 'dropped'; readonly from: HostName; readonly ms: number | undefined }
  /** The kernel of the hand-made side owns the connection from here on. */
  | { readonly type: 'adopted'; readonly ms: number; readonly host: HostName }
  | KernelRung
  | LookupRung;

/** What a kernel said that it did, and why. */
export interface KernelRung {
  readonly type: 'kernel';
  readonly ms: number;
  readonly host: HostName;
  readonly event: KernelEvent['event'];
  readonly reason: string | undefined;
}

/** What a kernel answered when asked who owns the four-tuple. */
export interface LookupRung {
  readonly type: 'lookup';
  readonly ms: number;
  readonly host: HostName;
  readonly owner: Owner;
  /** Of LISTEN: the listener before the SYN, or what is left of a connection that was forgotten, or closed. */
  readonly meaning: 'unowned' | 'connection' | 'listener' | 'forgotten' | 'closed';
}

/** What a ladder is drawn from. */
export type LadderSource = Pick<HandshakeRun, 'role' | 'packets' | 'lookups' | 'kernel' | 'adoptedAt'> & {
  readonly rule: Pick<RuleEvidence, 'packets' | 'drops'> | null;
};

/**
 * The rungs of a run. Of look-ups only those are shown that say something new, and the first after the SYN/ACK; of what
 * the kernels said, each reason once.
 */
export function ladder(run: LadderSource): Rung[] {
  const start = run.packets[0]?.at ?? 0;
  const peer = run.role === 'client' ? 'server' : 'client';
  const answers = run.packets.filter(({ from, segment }) => from === peer && (segment.flags & TcpFlag.RST) === 0);
  const { adoptedAt = Infinity } = run;
  const unowned = answers.filter(({ at }) => at < adoptedAt);
  const drops = run.kernel.filter(({ host, reason }) => host === run.role && reason === FILTERED);
  const traced = run.rule?.drops === 'resets' && run.rule.packets === drops.length;
  const leaks = run.packets.some(
    ({ from, sender, segment }) => from === run.role && sender === 'kernel' && (segment.flags & TcpFlag.RST) !== 0,
  );
  // The kernel answers every segment that no socket owns: only where the counter agrees is each drop put in its place.
  const eachDropped = !traced && run.rule?.drops === 'resets' && run.rule.packets === unowned.length && !leaks;
  const packets = run.packets.map((packet): { at: number; rungs: Rung[] } => {
    const { at, from, sender, segment, ignored } = packet;
    const reset = (segment.flags & TcpFlag.RST) !== 0;
    const [ms, name, to] = [at - start, segmentName(segment), receiverOf(packet)];
    const rung: Rung = { type: 'packet', ms, name, from, to, sender, reset, ...(ignored !== undefined && { ignored }) };
    const dropped: Rung[] =
      eachDropped && unowned.includes(packet) ? [{ type: 'dropped', from: run.role, ms: undefined }] : [];
    return { at, rungs: [rung, ...dropped] };
  });
  const answeredAt = answers[0]?.at ?? Infinity;
  const lookups = tellingLookups(run.lookups, answeredAt).map((lookup): { at: number; rungs: Rung[] } => ({
    at: lookup.atMs,
    rungs: [lookupRung(lookup, start, run.lookups)],
  }));
  const telling = tellingEvents(run.kernel);
  const kernel = run.kernel.map((event): { at: number; rungs: Rung[] } => {
    const ms = event.atMs - start;
    const { host, reason } = event;
    const dropped: Rung[] = traced && drops.includes(event) ? [{ type: 'dropped', from: host, ms }] : [];
    const said: Rung[] = telling.includes(event) ? [{ type: 'kernel', ms, host, event: event.event, reason }] : [];
    return { at: event.atMs, rungs: [...dropped, ...said] };
  });
  const adopted = Number.isFinite(adoptedAt)
    ? [{ at: adoptedAt, rungs: [{ type: 'adopted', ms: adoptedAt - start, host: run.role } satisfies Rung] }]
    : [];
  return [...adopted, ...packets, ...kernel, ...lookups].sort((a, b) => a.at - b.at).flatMap(({ rungs }) => rungs);
}

const FILTERED = 'NETFILTER_DROP';

/** Why a RST was sent, and what kept one away: of each kernel, each reason once. */
function tellingEvents(events: readonly KernelEvent[]): readonly KernelEvent[] {
  const said = new Set<string>();
  return events.filter(({ event, host, reason }) => {
    if (event !== 'tcp_send_reset' && event !== 'tcp_bad_csum' && reason !== FILTERED) return false;
    const key = `${host} ${event} ${reason ?? ''}`;
    if (said.has(key)) return false;
    said.add(key);
    return true;
  });
}

/** `start`: when the run's first packet passed; `all`: every look-up of the run, for what went before. */
export function lookupRung({ atMs, host, owner }: Lookup, start: number, all: readonly Lookup[]): LookupRung {
  const rung = { type: 'lookup', ms: atMs - start, host, owner } as const;
  if (owner === 'none') return { ...rung, meaning: 'unowned' };
  if (owner !== 'LISTEN') return { ...rung, meaning: 'connection' };
  if (atMs < start) return { ...rung, meaning: 'listener' };
  const before = all.filter((lookup) => lookup.host === host && lookup.atMs < atMs);
  return { ...rung, meaning: before.every((lookup) => lookup.owner === 'LISTEN') ? 'forgotten' : 'closed' };
}

/** Those that say something new, and the first after the SYN/ACK. */
function tellingLookups(lookups: readonly Lookup[], answeredAt: number): Lookup[] {
  const last: Partial<Record<HostName, Owner>> = {};
  const askedSinceAnswer = new Set<HostName>();
  return lookups.filter(({ atMs, host, owner }) => {
    const firstSinceAnswer = atMs >= answeredAt && !askedSinceAnswer.has(host);
    if (firstSinceAnswer) askedSinceAnswer.add(host);
    const telling = firstSinceAnswer || last[host] !== owner;
    last[host] = owner;
    return telling;
  });
}
