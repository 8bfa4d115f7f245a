#!/usr/bin/env node
// The launcher: the program itself is compiled into dist/ by `npm run build`.
import { existsSync } from 'node:fs';

const folder = new URL('../dist/cli/', import.meta.url);
if (existsSync(folder)) {
  const argv = process.argv.slice(2);
  const { endOnSignals } = await import(new URL('early.js', folder).href);
  endOnSignals(argv);
  const { guarded } = await import(new URL('unexpected.js', folder).href);
  await guarded(argv, async () => {
    const { main } = await import(new URL('main.js', folder).href);
    await main(argv);
  });
} else {
  process.stderr.write('rawshake: dist/: not built yet\nhint: npm run build\n');
  process.exitCode = 3;
}
