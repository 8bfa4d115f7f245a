/** The end of connections, for which the other side is needed, and which it may never let come. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { RawConnection } from '../driver/raw-connection.js';

/** Whoever is interrupted waits no longer than this for all that then comes to its end. */
const HURRY_MS = 800;

/** Nobody who is there leaves a segment unanswered for so long: it has been repeated four times or five by then. */
const PATIENCE_MS = 5000;

/** What was closed in order is sent to its end for so long: the other side may take as little at a time as it likes. */
const ORDERLY_MS = 60_000;

/** Connections that are reset in one turn of the event loop. */
const RESETS_A_TURN = 64;

const deadlines = new WeakMap<AbortSignal, number>();

/** How long whoever is interrupted still waits: one time for all that ends because of that signal. Asked first when it is aborted. */
function hurryMs(signal: AbortSignal | undefined): number {
  if (signal === undefined) return HURRY_MS;
  const deadline = deadlines.get(signal) ?? performance.now() + HURRY_MS;
  deadlines.set(signal, deadline);
  return Math.max(0, deadline - performance.now());
}

/** Counts it among those that are to be ended, until it is released; it may be already, reset in the turn in which it was opened. */
export function untilReleased(connections: Set<RawConnection>, connection: RawConnection): void {
  if (!connection.released) connections.add(connection.once('released', () => connections.delete(connection)));
}

/** Resets them, or so many as there is time for; whether that was all. A thousand take a tenth of a second, and more on a busy machine. */
export async function resetting(connections: Iterable<RawConnection>, signal?: AbortSignal): Promise<boolean> {
  let left = RESETS_A_TURN;
  for (const connection of [...connections]) {
    if (isAborted(signal) && hurryMs(signal) === 0) return false;
    connection.resetAndDestroy();
    left -= 1;
    if (left > 0) continue;
    left = RESETS_A_TURN;
    await nextTurn();
  }
  return true;
}

/**
 * Waits until the connections' machines have no more to send or to answer. One of which nothing comes any more, the other
 * side having vanished, is abandoned as it stands; soon after `signal` is aborted, every one. Who takes longer than `ORDERLY_MS`
 * is reset.
 *
 * Their filter goes next. Should the other side be there after all, and repeat a segment, this host's kernel answers with
 * RST: that is how it learns that nobody is here any more.
 */
export async function ending(connections: Iterable<RawConnection>, signal?: AbortSignal): Promise<void> {
  let left = [...connections];
  let until = performance.now() + ORDERLY_MS;
  while ((left = left.filter(({ released }) => !released)).length > 0) {
    if (performance.now() >= until) {
      await resetting(left, signal);
      until = Infinity;
      continue;
    }
    const before = left.map(({ tcb }) => tcb.sndUna);
    const hurried = isAborted(signal);
    const inTime = await unlessLate(allReleased(left), hurried, signal);
    if (inTime || (!hurried && isAborted(signal))) continue;
    left.forEach((connection, i) => {
      if (hurried || connection.tcb.sndUna === before[i]) connection.abandon();
    });
  }
}

/** Waits for what a port has to send, no longer than for the end of a connection. */
export async function sent(drained: Promise<void> | undefined, signal?: AbortSignal): Promise<void> {
  if (drained === undefined) return;
  const wait = { over: drained, stop: () => undefined };
  if (!isAborted(signal)) await unlessLate(wait, false, signal);
  if (isAborted(signal)) await unlessLate(wait, true, signal);
}

const isAborted = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

interface Wait {
  readonly over: Promise<void>;
  readonly stop: () => void;
}

function allReleased(connections: readonly RawConnection[]): Wait {
  let [left, done] = [connections.length, (): void => undefined];
  const over = new Promise<void>((resolve) => (done = resolve));
  const onReleased = (): void => {
    left -= 1;
    if (left === 0) done();
  };
  for (const connection of connections) connection.once('released', onReleased);
  return { over, stop: () => connections.forEach((connection) => connection.off('released', onReleased)) };
}

/** Whether it came in time; where there is still patience, an abort ends that at once. */
async function unlessLate({ over, stop }: Wait, hurried: boolean, signal?: AbortSignal): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  let giveUp = (): void => undefined;
  const late = new Promise<false>((resolve) => {
    giveUp = () => resolve(false);
    timer = setTimeout(giveUp, hurried ? hurryMs(signal) : PATIENCE_MS);
    if (!hurried) signal?.addEventListener('abort', giveUp);
  });
  try {
    return await Promise.race([over.then(() => true), late]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    stop();
  }
}
