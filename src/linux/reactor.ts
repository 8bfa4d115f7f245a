/** Wakes a listener when a descriptor becomes readable: Node's own libuv loop, through koffi's poll handle (uv_poll). */
import { koffi } from './libc.js';

/** A descriptor being watched. It keeps the process alive until closed. */
export interface Watch {
  /** Stops watching; idempotent. The descriptor itself stays open. */
  close(): void;
}

/**
 * Calls `onReadable` in a turn of the event loop whenever `fd` has something to read (level-triggered).
 * `idle`: watched on the side, so that the process may end meanwhile.
 */
export function watchReadable(fd: number, onReadable: () => void, { idle = false } = {}): Watch {
  const handle = koffi().node.poll(fd, { readable: true }, () => {
    runQueuesInThisTurn();
    try {
      onReadable();
    } catch (error) {
      // koffi drops what a poll callback throws; an uncaught exception must stay one.
      process.nextTick(() => {
        throw error;
      });
    }
  });
  if (idle) handle.unref();
  let open = true;
  return {
    close() {
      if (!open) return;
      open = false;
      handle.close();
    },
  };
}

let due = false;

/**
 * koffi calls back outside of any callback scope of Node's, at whose end next ticks and promises would be run; since Node 26.4
 * nothing else does so before the loop turns for another reason. An immediate, at the end of this very turn, has such a scope.
 */
function runQueuesInThisTurn(): void {
  if (due) return;
  due = true;
  setImmediate(() => {
    due = false;
  });
}
