/** A handshake made by hand under one remedy, as an experiment: the same run as that of `compare`. */
import type { Outcome } from '../evidence/outcome.js';
import type { Evidence, ExperimentText } from '../evidence/experiment.js';
import type { HostName } from '../evidence/host.js';
import type { HandshakeRun, RemedyId, RuleEvidence } from '../evidence/run.js';
import { TcpFlag } from '../wire/index.js';
import { runHandshake } from '../lab/handshake.js';
import { REMEDIES } from '../lab/remedies/index.js';
import type { Experiment } from './experiment.js';

export type HandshakeFact = 'outcome' | 'received' | 'kernelResets' | 'dropped' | 'owner';

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
    facts: {
      outcome: { what: { en: 'how the handshake ends', zh: '握手的结局' }, expected: outcome },
      received: {
        what: { en: "what the server's program reads", zh: '服务器程序读到的数据' },
        expected: connects ? DATA : '',
      },
      kernelResets: {
        what: { en: "RSTs of the hand-made side's kernel on the link", zh: '链路上由手工一侧内核发出的 RST' },
        expected: connects ? 'none' : 'some',
      },
      dropped: { what: { en: 'what a rule has dropped', zh: '规则丢弃的报文' }, expected: drops ?? 'nothing' },
      owner: {
        what: { en: "who owns the four-tuple, asks the hand-made side's kernel", zh: '手工一侧的内核认为四元组归谁' },
        expected: owner,
      },
    },
    world: { remedy },
    async observe({ family, trace, signal }, world) {
      const run = await runHandshake({
        remedy: REMEDIES[world.remedy],
        role,
        family,
        transport: 'auto',
        data: DATA,
        ...(trace !== undefined && { trace }),
        ...(signal !== undefined && { signal }),
      });
      return { facts: factsOf(run), evidence: evidenceOf(run) };
    },
  };
}

const factsOf = (run: HandshakeRun): Readonly<Record<HandshakeFact, string>> => ({
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
