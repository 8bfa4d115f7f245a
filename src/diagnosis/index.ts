/** Diagnosis: moments to findings, one by one while they come or all of a recording: what happened, how sure, why, what to do. */
export type { CatalogueEntry } from './catalogue/entry.js';
export { CATALOGUE } from './catalogue/index.js';
export { diagnose, Diagnosis, diagnoseHandshake, judgeOutcome, MOST_CONNECTIONS } from './diagnosis.js';
export { type ProgramConnection, type ProgramFindings, programFindings } from './program-connections.js';
export {
  ADDRESS_IDS,
  type AddressFindingId,
  COURSE_IDS,
  type CourseId,
  CRAFT_IDS,
  type CraftFindingId,
  FINDING_IDS,
  SOCKET_IDS,
  type Certainty,
  type FilterFindingId,
  type Finding,
  type FindingId,
  WATCHED_IDS,
  type WatchedFindingId,
  type SocketFindingId,
} from './finding.js';
export type { WatchFinding, WatchSummary } from './watched/watch-finding.js';
export type { Host, HostName, HostRole } from '../evidence/host.js';
export { programRecording, type ProgramRun } from '../evidence/program-run.js';
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
