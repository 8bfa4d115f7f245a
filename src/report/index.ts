/** Reports: what was observed, as text for a terminal, HTML, JSON, pcapng, Mermaid and JUnit; all drawn from one time line. */
export { compareText } from './compare-text.js';
export { compareHtml } from './html/compare-page.js';
export { compareMermaid, experimentsMermaid } from './ladder-mermaid.js';
export { comparePcapng } from './compare-pcapng.js';
export { compareJson, type CompareContext, type PacketJson } from './json.js';
export type { RemedyOf, RemedyWords } from './cures.js';
export { experimentText } from './experiment-text.js';
export { experimentsHtml } from './html/experiment-page.js';
export type { PageContext } from './html/page.js';
export { experimentsJson } from './experiment-json.js';
export { experimentPcapng } from './experiment-pcapng.js';
export { junitXml } from './junit.js';
export { connectionJson, connectionText } from './connection.js';
export { handshakeTimeline, type Handshake } from './handshake-timeline.js';
export { ladderLines, type LadderOptions } from './ladder-text.js';
export { type AmbiguousWidth, layOutForAmbiguousWidth } from './text-width.js';
export type { View } from './view.js';
export { momentWords, packetName, type SenderWords, type Versions } from './moment-words.js';
export {
  type LookupMoment,
  type Moment,
  type MomentOf,
  type PacketMoment,
  type Recorded,
  timeline,
} from './timeline.js';
export type { MomentJson } from './moment-json.js';
export type { ConnectionEvidence, Obstacle, PathMtu, ReceivedEvidence } from '../evidence/connection.js';
