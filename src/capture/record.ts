/** What a capture holds: packets, each with when and where it was seen, and what was noted about it. */

/** One packet of a capture. */
export interface CaptureRecord {
  /** Nanoseconds since 1970; undefined where the capture does not say. */
  readonly epochNs: bigint | undefined;
  /** LINKTYPE number: what the bytes begin with. */
  readonly linkType: number;
  /** Index of the interface within the capture. */
  readonly interfaceId: number;
  readonly interfaceName: string | undefined;
  readonly bytes: Uint8Array;
  /** Length of the packet on the wire, of which `bytes` may be only the start. */
  readonly wireBytes: number;
  readonly comments: readonly string[];
  /** Why its bytes cannot be had as they should, where the capture contradicts itself about this packet only. */
  readonly damage: string | undefined;
}

/** Why a capture cannot be read any further. */
export interface CaptureError {
  /** `truncated`: it ends in the middle. `malformed`: it contradicts itself. `unknown`: it is none that is known here. */
  readonly code: 'truncated' | 'malformed' | 'unknown';
  /** In bytes from the start. */
  readonly offset: number;
  readonly message: string;
  /** The same in Chinese. */
  readonly zh: string;
}

/**
 * Reads records as far as the bytes in a `ByteQueue` go. Yields undefined where it needs more of them; returns what
 * stopped it, undefined at an orderly end.
 */
export type CaptureDecoder = Generator<CaptureRecord | undefined, CaptureError | undefined, undefined>;

/** What is read of a capture at once, and what stopped it. */
export interface CaptureBatch {
  readonly records: readonly CaptureRecord[];
  /** Set in the last batch only. */
  readonly error: CaptureError | undefined;
}

/** What no capture takes of a packet is longer: MAXIMUM_SNAPLEN of libpcap, WTAP_MAX_PACKET_SIZE_STANDARD of Wireshark. */
export const mostPacketBytes = 1 << 18;

/** More than any block of a capture takes (Wireshark has the same limit): a larger length is a broken one. */
export const mostBlockBytes = 1 << 24;

/** What it ends in the middle of. */
const PARTS = { 'the file header': '文件头', 'the block': '块', 'the packet': '数据包' } as const;

export const truncatedCapture = (offset: number, what: keyof typeof PARTS): CaptureError => ({
  code: 'truncated',
  offset,
  message: `ends in the middle of ${what} that starts at byte ${offset}`,
  zh: `文件在从第 ${offset} 字节开始的${PARTS[what]}中途结束`,
});

export const malformedCapture = (offset: number, why: string, zh: string): CaptureError => ({
  code: 'malformed',
  offset,
  message: `is damaged at byte ${offset}: ${why}`,
  zh: `在第 ${offset} 字节处已损坏：${zh}`,
});

export const unknownCapture = (offset: number, message: string, zh: string): CaptureError => ({
  code: 'unknown',
  offset,
  message,
  zh,
});
