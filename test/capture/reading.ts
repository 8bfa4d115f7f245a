/** Helpers for the tests of captures. */
import { readCapture } from '../../src/capture/read.js';
import type { CaptureError, CaptureRecord } from '../../src/capture/record.js';

/** Bytes in chunks of these sizes, over and over; all at once where there are none. */
export async function* inChunks(bytes: Uint8Array, sizes: readonly number[] = []): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

export interface Reading {
  readonly records: readonly CaptureRecord[];
  readonly error: CaptureError | undefined;
}

export async function reading(bytes: Uint8Array, sizes?: readonly number[]): Promise<Reading> {
  const records: CaptureRecord[] = [];
  let error: CaptureError | undefined;
  for await (const batch of readCapture(inChunks(bytes, sizes))) {
    records.push(...batch.records);
    error = batch.error;
  }
  return { records, error };
}
