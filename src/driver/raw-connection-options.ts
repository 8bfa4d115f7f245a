/** With what a hand-made connection is made. */
import type { DuplexOptions } from 'node:stream';
import type { MachineOptions } from './machine.js';

export type RawConnectionOptions = Omit<MachineOptions, 'onNotice' | 'onTrouble' | 'onClosed'> & {
  /** As of net.Socket: without it our side closes when the other has. Default false. */
  readonly allowHalfOpen?: boolean;
  /** Aborting destroys the connection. */
  readonly signal?: AbortSignal;
  /** Bytes that wait to be acknowledged, beyond which `write` asks its caller to wait. Default 256 KiB. */
  readonly sendBufferBytes?: number;
};

/**
 * Nothing is read ahead of the reader: what it has not asked for counts against the window that the other side is offered.
 * Of what is written beyond the send buffer little is kept, for it may come in single bytes.
 */
const HIGH_WATER = { readableHighWaterMark: 0, writableHighWaterMark: 2048 } as const;

/** Those of the stream that it is. */
export const streamOptions = ({ allowHalfOpen = false, signal }: RawConnectionOptions): DuplexOptions => ({
  ...HIGH_WATER,
  allowHalfOpen,
  ...(signal !== undefined && { signal }),
});
