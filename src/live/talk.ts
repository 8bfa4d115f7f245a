/** The conversation over a connection that stands: data both ways, neither faster than it is taken at its other end. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { RawConnection } from '../driver/raw-connection.js';
import type { Received } from './received.js';

/** What carries the conversation: made by hand, or the kernel's. */
export type Stream = RawConnection | Socket;

/** How our side ends the connection: in order, by RST, or not at all. */
export type CloseChoice = 'fin' | 'rst' | 'none';

export interface TalkOptions {
  /**
   * What is sent, also to a side that has closed its own: that ends one direction. A stream is read no faster than the
   * other side takes it, and let go when the connection is over. RFC 9293 §3.6.
   */
  readonly input: Readable | string | undefined;
  readonly close: CloseChoice;
  /** How long to wait for the other side's close, or, where ours is not in order, for its data. */
  readonly waitMs: number | undefined;
  readonly signal: AbortSignal;
}

const DEFAULT_WAIT_MS: Readonly<Record<CloseChoice, number>> = { fin: 5000, rst: 200, none: 200 };

/**
 * Returns when both sides have closed, where ours closes in order; else when the other has. Or when nothing has come or
 * gone for as long as one waits, the connection has failed, or `signal` is aborted. Whether the input was sent to its end.
 * Never throws. `stream` is one that may be half open.
 */
export async function talk(stream: Stream, received: Received, options: TalkOptions): Promise<boolean> {
  const { input, close, signal, waitMs = DEFAULT_WAIT_MS[close] } = options;
  const heard = pipeline(stream, received).catch(() => undefined); // a failure is the stream's, which tells of it itself
  const interrupted = signal.aborted ? Promise.resolve() : event(signal, 'abort');
  const isSent = await Promise.race([send(stream, input, close === 'fin'), interrupted.then(() => false)]);
  const over = close === 'fin' ? Promise.all([heard, closed(stream)]) : heard;
  await Promise.race([over, silence(stream, received, Math.max(1, waitMs)), interrupted]);
  if (typeof input === 'object') input.destroy();
  return isSent;
}

/** Whether it was sent to its end; gives up where the connection is over. */
async function send(stream: Stream, input: Readable | string | undefined, endAfter: boolean): Promise<boolean> {
  if (typeof input !== 'object') {
    if (input !== undefined) stream.write(input);
    if (endAfter) stream.end();
    return true;
  }
  return new Promise((resolve) => {
    const stop = (): void => {
      input.unpipe(stream).destroy();
      resolve(false);
    };
    stream.once('close', stop);
    input
      .once('end', () => resolve(true))
      .once('error', (error) => {
        stream.destroy(error);
      })
      .pipe(stream, { end: endAfter });
    if (stream.closed) stop();
  });
}

const closed = async (stream: Stream): Promise<void> => {
  if (!stream.closed) await event(stream, 'close');
};

/** Resolves when nothing has come or gone for so long; what waits for our own reader is no silence of the other side. */
const silence = (stream: Stream, received: Received, idleMs: number): Promise<void> =>
  new Promise((resolve) => {
    stream.setTimeout(idleMs);
    stream.on('timeout', () => {
      if (received.writableLength === 0) resolve();
    });
  });

/** As `once`, but an error is no event that anybody waits for here. */
const event = async (emitter: Stream | AbortSignal, name: string): Promise<void> => {
  await once(emitter as Socket, name).catch(() => undefined);
};
