/** `rawshake watch --pcap`: what passed, written while it passes. */
import { closeSync, writeSync } from 'node:fs';
import { LinkTypeNumber } from '../capture/link-type.js';
import { pcapngPacket, pcapngStart } from '../capture/pcapng.js';
import type { PassedFrame } from '../live/index.js';
import { notWritten, openOutput } from './output-file.js';

const INTERFACES = [
  { name: 'ethernet', linkType: LinkTypeNumber.ethernet },
  { name: 'ip', linkType: LinkTypeNumber.raw },
] as const;

export interface WatchPcap {
  write(frame: PassedFrame, epochMs: number): void;
  close(): void;
}

/**
 * Without the payload, unless it is asked for.
 * @throws {RawshakeError} RS_FILE
 */
export function openWatchPcap(path: string, payload: boolean): WatchPcap {
  const fd = openOutput(path);
  const write = (bytes: Uint8Array): void => {
    try {
      writeSync(fd, bytes);
    } catch (cause) {
      throw notWritten(path, cause);
    }
  };
  write(pcapngStart(INTERFACES));
  return {
    write(frame, epochMs) {
      const { bytes, linkHeaderBytes, length } = frame;
      const kept = payload ? bytes : bytes.subarray(0, headersEnd(frame));
      write(pcapngPacket({ interfaceId: linkHeaderBytes === 0 ? 1 : 0, epochMs, bytes: kept, length }));
    },
    close() {
      closeSync(fd);
    },
  };
}

/** Of TCP; all of what is none. */
function headersEnd({ bytes, linkHeaderBytes }: PassedFrame): number {
  const at = (offset: number): number => bytes[offset] ?? 0;
  const isV4 = at(linkHeaderBytes) >> 4 === 4;
  const tcp = linkHeaderBytes + (isV4 ? (at(linkHeaderBytes) & 15) * 4 : 40);
  const isTcp = at(linkHeaderBytes + (isV4 ? 9 : 6)) === 6;
  return isTcp ? tcp + (at(tcp + 12) >> 4) * 4 : bytes.length;
}
