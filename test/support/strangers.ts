/** Entries in both journals that somebody else has written, with a command that leaves a witness if anybody runs it. */
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOBODY = 65_534;
const ROOTS = '/run/rawshake';

export interface Strangers {
  /** Whether they are all there, and nobody has done what they say. */
  untouched(): boolean;
  remove(): void;
}

/** Programs that are started from now on find the user's journal by XDG_RUNTIME_DIR. */
export function plantStrangers(): Strangers {
  const folder = mkdtempSync(join(tmpdir(), 'rawshake-strangers-'));
  const witness = join(folder, 'witness');
  const before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = folder;
  const command = ['sh', '-c', `touch ${witness}`];
  const text = JSON.stringify({ rule: { family: 4, comment: 'rawshake:1', add: command, remove: command } });
  const files = [ROOTS, join(folder, 'rawshake')].map((place) => {
    mkdirSync(place, { recursive: true, mode: 0o700 });
    const file = join(place, 'rawshake-1-v4-1');
    writeFileSync(file, text);
    if (process.getuid?.() === 0) chownSync(file, NOBODY, NOBODY);
    return file;
  });
  return {
    untouched: () => files.every((file) => existsSync(file)) && !existsSync(witness),
    remove() {
      for (const file of files) rmSync(file, { force: true });
      rmSync(folder, { recursive: true });
      if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
      else process.env['XDG_RUNTIME_DIR'] = before;
    },
  };
}
