/** The moments of one handshake made by hand: with what its filter dropped, and of all that was asked and said what is new. */
import type { KernelEvent } from './kernel-event.js';
import type { Lookup, Owner } from './lookup.js';
import type { HostName } from './host.js';
import type { ObservedPacket } from './packet.js';
import type { HandshakeRun, RuleEvidence } from './run.js';
import { TcpFlag } from '../wire/index.js';
import type { Moment, MomentOf } from './moment.js';
import { packetMoments, startOf } from './timeline.js';

/** What it is drawn from. */
export type Handshake = Pick<HandshakeRun, 'packets' | 'lookups' | 'kernel' | 'adoptedAt'> & {
  /** On which host it is made by hand. */
  readonly role: HostName;
  readonly rule: Pick<RuleEvidence, 'packets' | 'ownResets' | 'drops'> | null;
};

export function handshakeTimeline(run: Handshake): readonly Moment[] {
  const start = startOf(run);
  const { role, packets, kernel, adoptedAt } = run;
  const answers = packets.filter(({ from, segment }) => from !== role && !isReset(segment));
  const isNewAnswer = newAnswers(answers[0]?.at ?? Infinity);
  const isNewWord = newWords();
  return [
    ...(adoptedAt === undefined
      ? []
      : [{ type: 'adopted', ms: adoptedAt - start, isTelling: true, host: role } as const]),
    ...withDrops(packetMoments(packets, start), answers, run),
    ...kernel.map((event): Moment => ({ type: 'event', ms: event.atMs - start, isTelling: isNewWord(event), event })),
    ...run.lookups.map((lookup) => ({ ...lookupMoment(lookup, run), isTelling: isNewAnswer(lookup) })),
  ].sort((a, b) => a.ms - b.ms);
}

/** `all`: of the run, for what went before. */
export function lookupMoment(lookup: Lookup, all: Pick<Handshake, 'lookups' | 'packets'>): MomentOf<'lookup'> {
  const start = startOf(all);
  const { atMs, host, owner } = lookup;
  const moment = { type: 'lookup', ms: atMs - start, isTelling: true, lookup, tellRemotePort: false } as const;
  if (owner !== 'LISTEN' || atMs < start) return moment;
  const before = all.lookups.filter((other) => other.host === host && other.atMs < atMs);
  return { ...moment, gone: before.every((other) => other.owner === 'LISTEN') ? 'half-open' : 'closed' };
}

/** The packets, and the RSTs that the filter dropped, each where it was: by the trace, or behind what it would have answered. */
function withDrops(
  packets: readonly MomentOf<'packet'>[],
  answers: readonly ObservedPacket[],
  run: Handshake,
): Moment[] {
  const { role, kernel, rule, adoptedAt } = run;
  if (rule?.drops !== 'resets') return [...packets];
  const dropped = { type: 'dropped', isTelling: true, host: role } as const;
  const told = kernel.filter(({ host, reason }) => host === role && reason === FILTERED);
  const ofKernel = rule.packets - (rule.ownResets ?? 0);
  if (told.length === rule.packets || told.length === ofKernel)
    return [
      ...packets,
      ...told.slice(0, ofKernel).map(({ atMs }) => ({ ...dropped, ms: atMs - startOf(run), isTimed: true })),
    ];
  // The kernel answers every segment that no socket owns: only where the counter agrees is each drop put in its place.
  const unowned = new Set(answers.filter(({ at }) => adoptedAt === undefined || at < adoptedAt));
  const leaks = packets.some(
    ({ packet }) => packet.from === role && packet.sender === 'kernel' && isReset(packet.segment),
  );
  if (leaks || unowned.size !== ofKernel) return [...packets];
  return packets.flatMap((moment): Moment[] =>
    unowned.has(moment.packet) ? [moment, { ...dropped, ms: moment.ms, isTimed: false }] : [moment],
  );
}

const FILTERED = 'NETFILTER_DROP';

const isReset = ({ flags }: ObservedPacket['segment']): boolean => (flags & TcpFlag.RST) !== 0;

/** Why a RST was sent, and what kept one away: of each kernel, each reason once. */
function newWords(): (event: KernelEvent) => boolean {
  const said = new Set<string>();
  return ({ event, host, reason }) => {
    if (event !== 'tcp_send_reset' && event !== 'tcp_bad_csum' && reason !== FILTERED) return false;
    const key = `${host} ${event} ${reason ?? ''}`;
    const isNew = !said.has(key);
    said.add(key);
    return isNew;
  };
}

/** Look-ups that say something new, and of each host the first after the other side's first answer. */
function newAnswers(answeredAt: number): (lookup: Lookup) => boolean {
  const last: Partial<Record<HostName, Owner>> = {};
  const askedSinceAnswer = new Set<HostName>();
  return ({ atMs, host, owner }) => {
    const isFirstSinceAnswer = atMs >= answeredAt && !askedSinceAnswer.has(host);
    if (isFirstSinceAnswer) askedSinceAnswer.add(host);
    const isNew = isFirstSinceAnswer || last[host] !== owner;
    last[host] = owner;
    return isNew;
  };
}
