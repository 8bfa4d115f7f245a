/** The conversation over a connection that stands: data both ways, neither faster than it is taken at its other end. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RawConnection } from '../driver/raw-connection.js';
import { delivered, finishWhenDelivered, owed } from './delivery.js';
import type { Stream } from './stream.js';
import { watchHalfClosed } from './half-closed.js';
import type { Received } from './received.js';

/** How our side ends the connection: in order, by RST, or not at all. */
export type CloseChoice = 'fin' | 'rst' | 'none';

export interface TalkOptions {
  /**
   * What is sent, also to a side that has closed its own: that ends one direction. A stream is read no faster than the
   * other side takes it, and let go when the connection is over. RFC 9293 §3.6.
   */
  readonly input: Readable | string | undefined;
  readonly close: CloseChoice;
  /**
   * How long the other side may be silent while it is its turn: to acknowledge, to close, or, where our side does not close
   * in order, to say something. Left out, it has all the time while the input is open.
   */
  readonly waitMs: number | undefined;
  readonly signal: AbortSignal;
}

const DEFAULT_WAIT_MS: Readonly<Record<CloseChoice, number>> = { fin: 5000, rst: 200, none: 200 };

/** How long the other side may be silent. */
export const waitOf = ({ waitMs, close }: Pick<TalkOptions, 'waitMs' | 'close'>): number =>
  Math.max(1, waitMs ?? DEFAULT_WAIT_MS[close]);

/**
 * Returns when both sides have closed, where ours closes in order; else when the other has, and has all that was sent. Or
 * when the other side was silent for as long as one waits, the connection has failed, or `signal` is aborted. Whether the
 * input was sent to its end, or as far as there was any. Never throws. `stream` is one that may be half open.
 */
export async function talk(stream: Stream, received: Received, options: TalkOptions): Promise<boolean> {
  const { input, close, signal } = options;
  if (!(stream instanceof RawConnection)) {
    watchHalfClosed(stream);
    finishWhenDelivered(stream);
  }
  const heard = pipeline(stream, received).catch(() => undefined); // a failure is the stream's, which tells of it itself
  const interrupted = signal.aborted ? Promise.resolve() : event(signal, 'abort');
  let isInputOpen = true;
  const isOurTurn = (): boolean =>
    isInputOpen && (options.waitMs === undefined || (owed(stream) === 0 && !stream.readableEnded));
  const silence = new Silence(stream, waitOf(options), () => received.writableLength > 0 || isOurTurn());
  const isSent = await Promise.race([
    send(stream, input, close === 'fin'),
    silence.over.then(() => owed(stream) === 0),
    interrupted.then(() => false),
  ]);
  isInputOpen = false;
  silence.begin();
  const taken = delivered(stream, () => {
    silence.begin();
  });
  const over = Promise.all([heard, close === 'fin' ? closed(stream) : taken]);
  await Promise.race([over, silence.over, interrupted]);
  silence.end();
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

/** Nothing has come or gone for so long. */
class Silence {
  readonly over: Promise<void>;

  /** `isOurs`: the silence is not the other side's, but our reader's, or our input's. */
  constructor(
    private readonly stream: Stream,
    private readonly idleMs: number,
    isOurs: () => boolean,
  ) {
    this.over = new Promise((resolve) => {
      stream.on('timeout', () => {
        const before = progress(stream);
        // Where this program stood still, what has come meanwhile waits to be read: a turn of the event loop reads it.
        setImmediate(() => {
          if (progress(stream) === before && !isOurs()) resolve();
          else this.begin(); // a socket tells once
        });
      });
    });
    this.begin();
  }

  /** Counts from now. */
  begin(): void {
    this.stream.setTimeout(this.idleMs);
  }

  end(): void {
    this.stream.setTimeout(0);
  }
}

const progress = (stream: Stream): number => stream.bytesRead - owed(stream);

/** As `once`, but an error is no event that anybody waits for here. */
const event = async (emitter: Stream | AbortSignal, name: string): Promise<void> => {
  await once(emitter as Socket, name).catch(() => undefined);
};
