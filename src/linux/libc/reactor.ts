/** Wakes a listener when a descriptor becomes readable: Node's own libuv loop, through koffi's poll handle (uv_poll). */
import { SO_ERROR, SOL_SOCKET } from './constants.js';
import { koffi, libc, SystemCallError } from './libc.js';

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
  let open = true;
  // Given the status first, whatever koffi's types say.
  const onPoll = (status: unknown): void => {
    runQueuesInThisTurn();
    try {
      onReadable();
      if (open && status !== 0 && isSocketWithoutError(fd)) handle.start(READABLE, onPoll);
    } catch (error) {
      // koffi drops what a poll callback throws; an uncaught exception must stay one.
      process.nextTick(() => {
        throw error;
      });
    }
  };
  const handle = koffi().node.poll(fd, READABLE, onPoll);
  if (idle) handle.unref();
  return {
    close() {
      if (!open) return;
      open = false;
      handle.close();
    },
  };
}

const READABLE = { readable: true } as const;

/**
 * A pending error (a link that went down, a netlink queue that ran over) makes libuv stop watching for good (POLLERR, uv__poll_io),
 * though of a socket it is told once and the next packet comes all the same. What the listener has left of it is taken away.
 */
function isSocketWithoutError(fd: number): boolean {
  try {
    libc('getsockopt', fd, SOL_SOCKET, SO_ERROR, new Int32Array(1), Uint32Array.of(4));
    return true;
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'ENOTSOCK') return false; // its error would be there for ever
    throw error;
  }
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
