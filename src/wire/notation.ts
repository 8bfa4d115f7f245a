/** Packetdrill's packet text, both ways. */
export { formatOption, formatSegment, type SegmentFormat } from './notation-format.js';
