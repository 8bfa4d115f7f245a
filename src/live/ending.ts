/** The end of connections, for which the other side is needed, and which it may never let come. */
import type { RawConnection } from '../driver/raw-connection.js';

/** Whoever is interrupted waits no longer than this. */
const HURRY_MS = 1000;

/** Nobody who is there leaves a segment unanswered for so long: it has been repeated four times or five by then. */
const PATIENCE_MS = 5000;

/**
 * Waits until the connections' machines have no more to send or to answer. One of which nothing comes any more, the other
 * side having vanished, is abandoned as it stands; a second after `signal` is aborted, every one.
 *
 * Their filter goes next. Should the other side be there after all, and repeat a segment, this host's kernel answers with
 * RST: that is how it learns that nobody is here any more.
 */
export async function ending(connections: Iterable<RawConnection>, signal?: AbortSignal): Promise<void> {
  let left = [...connections];
  while ((left = left.filter(({ released }) => !released)).length > 0) {
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
  if (isAborted(signal) || !(await unlessLate(wait, false, signal))) await unlessLate(wait, true, signal);
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
    timer = setTimeout(giveUp, hurried ? HURRY_MS : PATIENCE_MS);
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
