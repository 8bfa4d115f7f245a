/** Diagnosis: moments to findings, one by one while they come or all of a recording: what happened, how sure, why, what to do. */
export { diagnose, Diagnosis, diagnoseHandshake, judgeOutcome, MOST_CONNECTIONS } from './diagnosis.js';
export {
  COURSE_IDS,
  FINDING_IDS,
  type Certainty,
  type FilterFindingId,
  type Finding,
  type FindingId,
} from './finding.js';
export type { Host, HostName, HostRole } from '../evidence/host.js';
export {
  connectionRecording,
  experimentRecording,
  handshakeRecording,
  type Ending,
  type HandMadeRecording,
  type ObservedHandshake,
  type Recording,
  type Subject,
} from '../evidence/recording.js';
