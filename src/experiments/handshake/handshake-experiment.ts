/** A handshake made by hand under one remedy, as an experiment: the same run as that of `compare`. */
import { kernelResets, type Outcome } from '../../evidence/outcome.js';
import type { ExperimentText } from '../../evidence/experiment.js';
import type { EndName } from '../../evidence/host.js';
import type { RemedyId, RuleEvidence } from '../../evidence/run.js';
import { onBench } from '../../lab/bench/bench.js';
import { shakeHands, type Shaken } from '../../lab/handshake.js';
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
  readonly role: EndName;
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
    observe: (options, world) =>
      onBench(options, async (bench) => {
        const how = { remedy: REMEDIES[world.remedy], role, transport: 'auto', data: DATA } as const;
        const shaken = await shakeHands(bench, how);
        return { facts: observedIn(shaken), evidence: shaken.evidence };
      }),
  };
}

const observedIn = ({ role, observed, server, rule, evidence }: Shaken): Readonly<Record<HandshakeFact, string>> => ({
  outcome: observed,
  received: server.received,
  kernelResets: kernelResets(evidence.packets, role).length > 0 ? 'some' : 'none',
  dropped: rule !== null && rule.packets > 0 ? rule.drops : 'nothing',
  owner: evidence.lookups.findLast(({ host, owner }) => host === role && owner !== 'TIME_WAIT')?.owner ?? 'none',
});
