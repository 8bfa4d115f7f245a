/** How a connection went: of the findings that exclude each other the one that holds. */
import { hostNamed } from '../evidence/host.js';
import type { Ending } from '../evidence/recording.js';
import { type Flow, reverseFlow } from '../wire/flow.js';
import { COURSE } from './catalogue/course.js';
import type { Case, Explanation } from './explanation.js';
import type { CourseId, Finding, Fold } from './finding.js';
import { ABORTED } from './findings/aborted.js';
import { ESTABLISHED } from './findings/established.js';
import { HALF_OPEN } from './findings/half-open.js';
import { ICMP_UNREACHABLE } from './findings/icmp-unreachable.js';
import { INCOMPLETE } from './findings/incomplete.js';
import { NO_ANSWER } from './findings/no-answer.js';
import { OWN_KERNEL_RESET } from './findings/own-kernel-reset.js';
import { REFUSED } from './findings/refused.js';
import { RESET_BY_PEER } from './findings/reset-by-peer.js';
import { beginHandshake, type Handshake, ownSide, seeHandshake, type Side } from './handshake.js';
import { courseOf, type Course, peerOf } from './outcome.js';

const FINDINGS: Readonly<Record<Course, readonly [id: CourseId, explanation: Explanation]>> = {
  established: ['established', ESTABLISHED],
  'reset-by-own-kernel': ['own-kernel-reset', OWN_KERNEL_RESET],
  refused: ['refused', REFUSED],
  'reset-by-peer': ['reset-by-peer', RESET_BY_PEER],
  'no-answer': ['no-answer', NO_ANSWER],
  'half-open': ['half-open', HALF_OPEN],
  'icmp-unreachable': ['icmp-unreachable', ICMP_UNREACHABLE],
  incomplete: ['incomplete', INCOMPLETE],
  aborted: ['aborted', ABORTED],
};

export const HANDSHAKE: Fold<Handshake> = {
  begin: beginHandshake,
  see: seeHandshake,
  end(handshake, ending) {
    const course = courseOf(handshake, ending);
    const of = caseOf(handshake, ending);
    return course === undefined || of === undefined ? [] : [explained(course, of)];
  },
};

/** undefined: nobody was heard of whose connection it could be. */
function caseOf(handshake: Handshake, ending: Ending): Case | undefined {
  const { hosts, subject } = handshake.connection;
  const own = ownSide(handshake);
  const name = subject.handMade?.host ?? own?.host;
  if (name === undefined) return undefined;
  return {
    ...{ host: hostNamed(hosts, name), flow: flowFrom(handshake, own) },
    ...{ own, peer: peerOf(handshake, own), handshake, ending },
    isOneSided: subject.seenFrom !== undefined,
  };
}

/** As our side sees it. */
function flowFrom({ connection: { flow, subject } }: Handshake, own: Side | undefined): Flow {
  const isOurs = subject.handMade !== undefined || (own?.address === flow.src && own.port === flow.srcPort);
  return isOurs ? flow : reverseFlow(flow);
}

function explained(course: Course, of: Case): Finding {
  const [id, explanation] = FINDINGS[course];
  const [advice, because] = [explanation.advice?.(of), explanation.because?.(of)];
  return {
    ...{
      id,
      certainty: explanation.certainty(of),
      host: of.host.name,
      flow: of.flow,
      meaning: explanation.meaning(of),
    },
    ...(because !== undefined && { because }),
    ...(advice !== undefined && { advice }),
    source: COURSE[id].source,
    at: [...new Set(explanation.at(of))]
      .filter((moment) => moment !== undefined)
      .sort((one, other) => one.ms - other.ms),
  };
}
