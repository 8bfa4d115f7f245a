#!/usr/bin/env node
// The launcher: the program itself is compiled into dist/ by `npm run build`.
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(program)) {
  const { main } = await import(program.href);
  await main(process.argv.slice(2));
} else {
  process.stderr.write('rawshake: dist/: not built yet\nhint: npm run build\n');
  process.exitCode = 3;
}
