/** Network namespaces that another process has made, held so that their names stay theirs. */
import { closeSync, openSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { namespacePathsMadeBy, orNothing } from './traces.js';

/**
 * Their names. Each is held open until the test is over: the kernel gives the number of one that is gone to the next that
 * anybody makes, such as a test beside this one.
 */
export const holdNamespacesMadeBy = (pid: number): string[] =>
  namespacePathsMadeBy(pid).flatMap(([name, path]) =>
    orNothing(() => {
      const fd = openSync(path, 'r');
      onTestFinished(() => {
        closeSync(fd);
      });
      return [name];
    }),
  );
