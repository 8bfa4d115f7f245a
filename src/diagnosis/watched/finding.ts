/** What is to be said of a connection on a host that is watched: which finding, how sure, why, and what to do. */
import type { Text } from '../../error.js';
import type { HostName } from '../../evidence/host.js';
import { printable } from '../../printable.js';
import { addressVersion } from '../../wire/address.js';
import { unreachableWords } from '../../wire/unreachable-words.js';
import { type Flow, reverseFlow } from '../../wire/flow.js';
import { CATALOGUE } from '../catalogue/index.js';
import type { Certainty, Finding, FindingId } from '../finding.js';
import { ownerRuleFor } from '../rule-for.js';
import { HERE, type RepeatedCase, type ResetCase, type UnreachableCase, type WatchedCase } from './case.js';
import * as words from './words.js';

/** A finding, and whether its cause is one that can be mended. */
export interface Watched {
  readonly finding: Finding;
  readonly isMendable: boolean;
}

/** What is part of ordinary traffic. */
const ORDINARY: readonly FindingId[] = [
  ...(['aborted', 'reset-by-peer', 'unread-data', 'data-after-close', 'no-connection', 'unexplained'] as const),
];

/** What is said of a case; what is left out is as it mostly is. */
interface Said {
  readonly id: FindingId;
  readonly certainty: Certainty;
  readonly meaning: Text;
  readonly because?: Text | undefined;
  readonly advice?: string | undefined;
  readonly isMendable?: boolean;
  /** Where it is more exact than the catalogue's. */
  readonly source?: string;
  /** The connection, where whoever it is said of sees it otherwise than as the packet went. */
  readonly flow?: Flow;
}

export function watchedFinding(of: WatchedCase): Watched {
  const { isMendable, because, advice, ...said } = saidOf(of);
  return {
    isMendable: isMendable ?? !ORDINARY.includes(said.id),
    finding: {
      ...{ source: CATALOGUE[said.id].source, host: hostOf(of), flow: of.flow },
      ...said,
      ...(because !== undefined && { because }),
      ...(advice !== undefined && { advice }),
      at: of.moments,
    },
  };
}

function saidOf(of: WatchedCase): Said {
  switch (of.type) {
    case 'reset':
      return of.reset.from === HERE && of.reset.sender !== 'forwarded' ? resetFromHere(of) : resetFromElsewhere(of);
    case 'repeated':
      return of.turn === 'syn' ? synRepeated(of) : synAckRepeated(of);
    case 'unreachable':
      return unreachable(of);
  }
}

/** Who has sent what it is about. */
function hostOf({ moments }: WatchedCase): HostName {
  const last = moments.findLast((moment) => moment.type === 'packet');
  return last?.type === 'packet' ? last.packet.from : HERE;
}

function resetFromHere(of: ResetCase): Said {
  const { sender, sentFor, program } = of.reset;
  if (sender === 'unknown') return unexplained(of);
  if (sender === 'program') return program?.socket === 'tcp' ? byProgram(of) : byHand(of);
  switch (sentFor) {
    case 'firewall':
      return { id: 'rejected', certainty: 'proven', meaning: words.REJECTED_HERE, advice: RULES_TO_LOOK_AT };
    case 'nobody':
      return forNobody(of);
    case 'listener':
      return {
        ...{ id: 'unexpected-ack', certainty: 'proven' },
        ...{ meaning: words.UNEXPECTED_ACK, because: words.UNEXPECTED_ACK_BECAUSE },
      };
    case 'half-open':
      return {
        ...{ id: 'queue-overflow', certainty: 'likely' },
        ...{ meaning: words.QUEUE_OVERFLOW, advice: words.QUEUE_ADVICE },
      };
    case 'orphan':
    case 'time-wait':
      return { id: 'data-after-close', certainty: 'proven', meaning: words.DATA_AFTER_CLOSE };
    case 'socket':
    case 'not-accepted':
    case undefined:
      break;
  }
  return forSocket(of);
}

const DROPS_TO_LOOK_AT = 'nft list ruleset | grep -n drop; iptables-save | grep -n DROP; ip6tables-save | grep -n DROP';
const RULES_TO_LOOK_AT =
  'nft list ruleset | grep -n reject; iptables-save | grep -n REJECT; ip6tables-save | grep -n REJECT';

function forNobody(of: ResetCase): Said {
  const { answered, flow, openedBy, listeners } = of;
  if (answered?.turn === 'syn')
    return {
      ...{ id: 'refused', certainty: 'proven', meaning: words.REFUSED_HERE(flow) },
      ...{ because: words.besideWords(listeners) },
    };
  if (answered?.turn === 'syn-ack' && openedBy === 'hand') return ownKernel(of, 'proven');
  return {
    ...{ id: 'no-connection', certainty: 'proven', meaning: words.NO_CONNECTION },
  };
}

const ownKernel = ({ flow }: ResetCase, certainty: Certainty): Said => ({
  ...{ id: 'own-kernel-reset', certainty, meaning: words.OWN_KERNEL },
  ...{ because: words.OWN_KERNEL_BECAUSE, advice: ownerRuleFor(flow, true) },
});

/** Without the kernel's own word: a rule that rejects, and a program, would look the same. */
function unexplained(of: ResetCase): Said {
  const { answered, openedBy, lookup, isTraced, flow } = of;
  const isNobodys = !isTraced && lookup?.owner === 'none' && answered !== undefined && answered.ms < AT_ONCE_MS;
  if (isNobodys && answered.turn === 'syn-ack' && openedBy === 'hand') return ownKernel(of, 'likely');
  if (isNobodys && answered.turn === 'syn')
    return {
      ...{ id: 'refused', certainty: 'likely', meaning: words.REFUSED_HERE(flow) },
      ...{ because: words.joined(words.besideWords(of.listeners), LOOKS_THE_SAME) },
    };
  return {
    ...{ id: 'unexplained', certainty: 'seen', meaning: words.UNEXPLAINED },
  };
}

/** A kernel answers in the soft interrupt in which it was asked. */
const AT_ONCE_MS = 5;

const LOOKS_THE_SAME: Text = {
  en: "Without the kernel's trace a firewall's REJECT looks the same.",
  zh: '没有内核跟踪时，防火墙的 REJECT 看起来与此相同。',
};

function byProgram(of: ResetCase): Said {
  const name = nameOf(of, 'a program', '某个程序');
  if (of.reason === 'TCP_ABORT_ON_CLOSE')
    return {
      ...{ id: 'unread-data', certainty: 'proven', meaning: both(name, words.UNREAD_DATA) },
    };
  return {
    ...{ id: 'aborted', certainty: 'proven', meaning: both(name, words.PROGRAM_RESET) },
  };
}

const byHand = (of: ResetCase): Said => ({
  ...{ id: 'reset-by-hand', certainty: of.isTraced ? 'proven' : 'seen' },
  meaning: both(nameOf(of, 'a program', '某个程序'), words.BY_HAND),
});

/** Without the kernel's own word it may be any of a program that aborts, one that leaves data unread, and data for one that has closed. */
const forSocket = ({ reason }: ResetCase): Said =>
  reason === undefined
    ? {
        ...{ id: 'unexplained', certainty: 'seen', meaning: words.UNEXPLAINED_OF_KERNEL },
      }
    : {
        ...{ id: 'aborted', isMendable: reason === 'TCP_ABORT_ON_MEMORY', certainty: 'proven' },
        ...{ meaning: words.KERNEL_RESET(reason), source: 'tcp_send_active_reset' },
      };

function nameOf({ reset }: ResetCase, en: string, zh: string): Text {
  const { name, pid } = reset.program ?? {};
  if (name === undefined) return { en, zh };
  const shown = printable(name);
  return pid === undefined ? words.asText(shown) : { en: `${shown} (pid ${pid})`, zh: `${shown}（进程 ${pid}）` };
}

const both = (name: Text, make: (name: string) => Text): Text => ({ en: make(name.en).en, zh: make(name.zh).zh });

function resetFromElsewhere({ answered, flow }: ResetCase): Said {
  if (answered?.turn === 'syn')
    return {
      ...{ id: 'refused', certainty: 'seen', meaning: words.REFUSED_THERE(flow) },
      flow: reverseFlow(flow),
    };
  return {
    ...{ id: 'reset-by-peer', certainty: 'seen', meaning: words.RESET_THERE(flow) },
  };
}

function synRepeated(of: RepeatedCase): Said {
  const { flow, count } = of;
  const isOurs = hostOf(of) === HERE;
  return {
    ...{ id: 'no-answer', certainty: 'seen' },
    meaning: isOurs ? words.NO_ANSWER_FROM(flow, count) : words.NO_ANSWER_HERE(flow, count),
    ...whyUnanswered(of, isOurs),
  };
}

function whyUnanswered(of: RepeatedCase, isOurs: boolean): Pick<Said, 'because' | 'advice'> {
  if (of.isDamaged === true) return { because: words.DAMAGED };
  const { because, advice } = ofQueue(of, of.flow.dstPort);
  if (because !== undefined) return { because, advice };
  return !isOurs && of.isDropped ? { because: words.DROPPED_BY_RULE, advice: DROPS_TO_LOOK_AT } : {};
}

function synAckRepeated(of: RepeatedCase): Said {
  const { flow, count } = of;
  return {
    ...{ id: 'half-open', certainty: 'seen' },
    ...{ meaning: words.HALF_OPEN_HERE(flow, count), ...ofQueue(of, flow.srcPort) },
  };
}

const ofQueue = ({ queue }: RepeatedCase, port: number): Pick<Said, 'because' | 'advice'> =>
  queue === undefined || queue.waiting <= queue.most
    ? {}
    : { because: words.QUEUE_FULL(queue.waiting, queue.most), advice: `ss -ltn sport = :${port}` };

function unreachable({ from, flow, code, isFromHere }: UnreachableCase): Said {
  const family = addressVersion(flow.dst) ?? 4;
  if (isFromHere && BY_RULE_ALONE[family].includes(code))
    return {
      ...{ id: 'rejected', certainty: 'seen', source: 'nf_send_unreach' },
      ...{ meaning: words.REJECTED_BY_ICMP(flow), advice: RULES_TO_LOOK_AT },
    };
  return {
    ...{ id: 'icmp-unreachable', certainty: 'seen' },
    meaning: words.UNREACHABLE(from, flow, unreachableWords(family, code)),
    ...(code === PORT_UNREACHABLE[family] && { because: words.PORT_UNREACHABLE }),
  };
}

/** To a TCP segment a kernel says these of itself never: to a closed port it answers with RST. ipt_REJECT, ip6t_REJECT. */
const BY_RULE_ALONE: Readonly<Record<4 | 6, readonly number[]>> = { 4: [2, 3, 9, 10, 13], 6: [1, 4, 5, 6] };

const PORT_UNREACHABLE = { 4: 3, 6: 4 } as const;
