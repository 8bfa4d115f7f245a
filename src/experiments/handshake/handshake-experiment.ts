/** A handshake made by hand under one remedy, as an experiment: the same run as that of `compare`. */
import type { Outcome } from '../../evidence/outcome.js';
import type { Evidence, ExperimentText } from '../../evidence/experiment.js';
import type { HostName } from '../../evidence/host.js';
import type { HandshakeRun, RemedyId, RuleEvidence } from '../../evidence/run.js';
import { TcpFlag } from '../../wire/index.js';
import { runHandshake } from '../../lab/handshake.js';
import { REMEDIES } from '../../lab/remedies/index.js';
import type { Experiment } from '../experiment.js';
import { bilingual, factsOf } from '../texts.js';
import { en } from './en.js';
import { zh } from './zh.js';

const words = bilingual(en, zh);

export type HandshakeFact = keyof typeof words.facts;

export interface HandshakeWorld {
  readonly remedy: RemedyId;
}

export interface HandshakeExperimentOptions extends ExperimentText {
  readonly remedy: RemedyId;
  /** Which side is made by hand. */
  readonly role: HostName;
  /** Who owns the four-tuple in the hand-made side's kernel while the handshake goes on. */
  readonly owner?: string;
  /** What the remedy's rule drops; left out: there is none. */
  readonly drops?: RuleEvidence['drops'];
}

const DATA = 'hello';

export function handshakeExperiment({
  remedy,
  role,
  owner = 'none',
  drops,
  ...text
}: HandshakeExperimentOptions): Experiment<HandshakeFact, HandshakeWorld> {
  const outcome: Outcome = REMEDIES[remedy].expected;
  const connects = outcome === 'established';
  return {
    ...text,
    facts: factsOf(words, {
      outcome,
      received: connects ? DATA : '',
      kernelResets: connects ? 'none' : 'some',
      dropped: drops ?? 'nothing',
      owner,
    }),
    world: { remedy },
    async observe({ family, trace, signal, feed }, world) {
      const run = await runHandshake({
        remedy: REMEDIES[world.remedy],
        role,
        family,
        transport: 'auto',
        data: DATA,
        ...(trace !== undefined && { trace }),
        ...(signal !== undefined && { signal }),
        ...(feed !== undefined && { feed }),
      });
      return { facts: observedIn(run), evidence: evidenceOf(run) };
    },
  };
}

const observedIn = (run: HandshakeRun): Readonly<Record<HandshakeFact, string>> => ({
  outcome: run.observed,
  received: run.server.received,
  kernelResets: run.packets.some(isKernelReset(run.role)) ? 'some' : 'none',
  dropped: run.rule !== null && run.rule.packets > 0 ? run.rule.drops : 'nothing',
  owner: run.lookups.findLast(({ host, owner }) => host === run.role && owner !== 'TIME_WAIT')?.owner ?? 'none',
});

const isKernelReset = (host: HostName) => (packet: HandshakeRun['packets'][number]) =>
  packet.from === host && packet.sender === 'kernel' && (packet.segment.flags & TcpFlag.RST) !== 0;

const evidenceOf = ({
  packets,
  lookups,
  frames,
  kernel,
  kernelMissing: missing,
  sockets,
  counters,
}: HandshakeRun): Evidence => ({
  ...{ packets, lookups, frames, kernel, missing, sockets, counters },
  systemCalls: [],
  scenes: [],
});
