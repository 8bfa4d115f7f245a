/** Calls of the C library that are made on threads of the pool. */
import { readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { O_CLOEXEC } from '../../src/linux/libc/constants.js';
import { closeInBackground, libc } from '../../src/linux/libc/libc.js';

test('however many descriptors are to be closed in the background at once, each is', async () => {
  const ends = new Int32Array(2);
  const readers = Array.from({ length: 300 }, () => {
    libc('pipe2', ends, O_CLOEXEC);
    const [reader = -1, writer = -1] = ends;
    libc('close', writer);
    return { fd: reader, link: readlinkSync(`/proc/self/fd/${reader}`) };
  });
  for (const { fd } of readers) closeInBackground(fd);
  const isOpen = ({ fd, link }: (typeof readers)[number]): boolean => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === link;
    } catch {
      return false;
    }
  };
  await expect.poll(() => readers.filter(isOpen)).toEqual([]);
});
