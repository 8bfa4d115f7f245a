/** Captures: pcap and pcapng, written and read; hex text. */
export { guessLinkType, LinkTypeNumber } from './link-type.js';
export { pcap, type PcapFormat, type PcapPacket } from './pcap.js';
export { type CapturedPacket, type CaptureInterface, pcapng, pcapngPacket, pcapngStart } from './pcapng.js';
export * from './read.js';
export type { CaptureBatch, CaptureError, CaptureRecord } from './record.js';
