#!/usr/bin/env node
// The launcher: the program itself is compiled into dist/ by `npm run build`, and brought into few files in bundle/.
import { existsSync } from 'node:fs';

// Without a listener Node.js opens its debugger to every user of this machine.
process.on('SIGUSR1', () => undefined);

// As `engines` in package.json has it.
const [major, minor] = process.versions.node.split('.').map(Number);
const isNewEnough = major > 20 || (major === 20 && minor >= 19) || (major === 18 && minor >= 19);

/** Where it was not bundled (a checkout with Node.js 18), the single files do the same, and start slower. */
const folder = ['../bundle/cli/', '../dist/cli/']
  .map((place) => new URL(place, import.meta.url))
  .find((place) => existsSync(place));
if (!isNewEnough) {
  const found = `Node.js 18.19 or newer is needed (of 20: 20.19), this is ${process.versions.node}`;
  process.stderr.write(`rawshake: ${found}\nhint: Get one from https://nodejs.org/en/download\n`);
  process.exitCode = 3;
} else if (folder !== undefined) {
  try {
    await run(folder, process.argv.slice(2));
  } catch (error) {
    // What `guarded` has not told: the files that hold the program are not whole.
    const why = String(error).replace(/[^\x20-\x7e]+/g, ' ');
    process.stderr.write(
      `rawshake: cannot be loaded: ${why}\nhint: In a checkout: bin/setup. Else install the package again.\n`,
    );
    process.exitCode = 3;
  }
} else {
  process.stderr.write('rawshake: dist/: not built yet\nhint: bin/setup\n');
  process.exitCode = 3;
}

async function run(folder, argv) {
  const { dieWithTerminal, endOnSignals } = await import(new URL('early.js', folder).href);
  dieWithTerminal();
  endOnSignals(argv);
  const { guarded } = await import(new URL('unexpected.js', folder).href);
  await guarded(argv, async () => {
    const { main } = await import(new URL('main.js', folder).href);
    await main(argv);
  });
}
