/**
 * What lies below a folder that strangers can write to, reached over no link of theirs: each name is opened below the
 * one before, and not by a path whose parts may be exchanged meanwhile. openat(2), by way of /proc/self/fd.
 */
import { closeSync, constants, opendirSync, openSync } from 'node:fs';
import type { Text } from '../error.js';
import { err, type Result } from '../wire/index.js';
import { NO_FILE, readTextFile, unreadable } from '../linux/file/text-file.js';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** Names as the system has them, which need not be UTF-8. */
export interface Place {
  /** As the user named it, whatever links lead to it. */
  readonly folder: Uint8Array;
  /** From there, the last of them the file's or folder's own. */
  readonly below: readonly Uint8Array[];
}

/** The text of a file, or why there is none. */
export function readTextBelow({ folder, below }: Place, mostBytes: number): Result<string, Text> {
  try {
    return inFolder({ folder, below: below.slice(0, -1) }, (opened) =>
      readTextFile(inside(opened, below.at(-1) ?? Buffer.of()), { mostBytes, links: 'refused' }),
    );
  } catch (error) {
    return err(isOtherKind(error) ? NO_FILE : unreadable(error));
  }
}

/** The names in a folder, no more than `most` of them, in no order, and whether there are more. Throws what the system says. */
export const namesBelow = (place: Place, most: number): { readonly names: readonly Buffer[]; readonly more: boolean } =>
  inFolder(place, (opened) => {
    // Types say text, whatever is asked for.
    const folder = opendirSync(inside(opened, Buffer.of()).toString(), { encoding: 'buffer' as BufferEncoding });
    try {
      const names: Buffer[] = [];
      for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
        if (names.length === most) return { names, more: true };
        names.push(entry.name as unknown as Buffer);
      }
      return { names, more: false };
    } finally {
      folder.closeSync();
    }
  });

function inFolder<T>({ folder, below }: Place, action: (opened: number) => T): T {
  let opened = openSync(Buffer.from(folder), O_RDONLY | O_DIRECTORY);
  try {
    for (const name of below) {
      const inner = openSync(inside(opened, name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      closeSync(opened);
      opened = inner;
    }
    return action(opened);
  } finally {
    closeSync(opened);
  }
}

const inside = (opened: number, name: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`/proc/self/fd/${String(opened)}/`), name]);

/** A link, or no folder. */
const isOtherKind = (error: unknown): boolean =>
  ['ELOOP', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
