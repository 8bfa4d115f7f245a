/** What becomes of a wait when its user does not want to wait any more. */
import { once } from 'node:events';
import { about, INTERRUPTED, RawshakeError, type Text } from '../error.js';

/** `command`: as a person calls what was done. */
export const interrupted = (command: 'connect' | 'listen' | 'probe'): RawshakeError =>
  new RawshakeError('RS_INTERRUPTED', about(command, INTERRUPTED), {
    hint: UNDONE[command],
  });

/** What each command had done, and has undone. */
const UNDONE: Readonly<Record<Parameters<typeof interrupted>[0], Text>> = {
  connect: {
    en: 'The connection was reset where it was open, and the filter removed; run it again.',
    zh: '连接若已打开则已复位，过滤器已移除；可以重新运行。',
  },
  listen: {
    en: 'What was open was reset, and the filter removed; run it again.',
    zh: '已打开的连接已复位，过滤器已移除；可以重新运行。',
  },
  probe: {
    en: 'It waits for no answer any more; there was nothing to undo. Run it again.',
    zh: '不再等待应答；没有需要撤销的内容。可以重新运行。',
  },
};

/** @throws {RawshakeError} RS_INTERRUPTED as soon as `signal` is aborted */
export async function unlessInterrupted<T>(
  command: Parameters<typeof interrupted>[0],
  promise: Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return promise;
  const settled = new AbortController();
  const aborted = once(signal, 'abort', { signal: settled.signal }).catch(() => undefined);
  try {
    const isAborted = signal.aborted || (await Promise.race([promise.then(() => false), aborted.then(() => true)]));
    if (isAborted) throw interrupted(command);
    return await promise;
  } finally {
    settled.abort();
  }
}
