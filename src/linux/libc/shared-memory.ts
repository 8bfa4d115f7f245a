/** Memory that the kernel and this process write both: mmap(2) of a descriptor, seen as an ArrayBuffer. */
import { MAP_SHARED, PROT_READ, PROT_WRITE } from './constants.js';
import { koffi, SystemCallError } from './libc.js';

export interface SharedMemory {
  readonly memory: ArrayBuffer;
  /** Nothing may touch `memory` afterwards: the addresses are gone. Idempotent. */
  unmap(): void;
}

interface MemoryCalls {
  mmap(at: null, bytes: number, protection: number, flags: number, fd: number, offset: number): number | bigint;
  munmap(at: bigint, bytes: number): number;
}

let bound: MemoryCalls | undefined;

function calls(): MemoryCalls {
  if (bound === undefined) {
    const library = koffi().load(null);
    bound = {
      // A number, not a pointer: MAP_FAILED is all ones.
      mmap: library.func('uintptr_t mmap(void *, size_t, int, int, int, int64_t)'),
      munmap: library.func('int munmap(uintptr_t, size_t)'),
    };
  }
  return bound;
}

/**
 * Maps the first `bytes` of what `fd` stands for. The mapping keeps the file, socket or namespace behind it alive.
 * @throws {SystemCallError} with errno
 */
export function mapShared(fd: number, bytes: number): SharedMemory {
  const at = BigInt(calls().mmap(null, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  if (BigInt.asIntN(64, at) === -1n) throw new SystemCallError('mmap', koffi().errno());
  let mapped = true;
  return {
    memory: koffi().view(at, bytes),
    unmap() {
      if (!mapped) return;
      mapped = false;
      if (calls().munmap(at, bytes) === -1) throw new SystemCallError('munmap', koffi().errno());
    },
  };
}
