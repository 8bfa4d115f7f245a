/** Packetdrill's packet text, both ways. */
export { formatNotationError, type NotationError } from './notation-cursor.js';
export { formatOption, formatSegment, type SegmentFormat } from './notation-format.js';
export {
  parseNotation,
  parsePartialNotation,
  parseSegment,
  segmentOf,
  type Notation,
  type PartialNotation,
} from './notation-parse.js';
