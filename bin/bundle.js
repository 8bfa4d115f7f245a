// Brings the program, dist/, into few files, bundle/, which Node.js loads in less than half of the time.
import { renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, 'dist');

/** What is started by its file: by the launcher, in processes and in threads. */
const STARTED = [
  ...['cli/early', 'cli/main', 'cli/unexpected', 'cli/experiment-child'],
  ...['exercise/grade-child', 'bulk/engine-worker', 'bulk/listener-worker', 'linux/namespace/enclosure-thread'],
];

/** Modules find files beside them by where they are: in the bundle, where they would be if it had a folder for each of dist/. */
const places = {
  name: 'places',
  transform(code, id) {
    if (!code.includes('import.meta.url')) return null;
    const place = `new URL(${JSON.stringify(`../${relative(DIST, id)}`)}, import.meta.url).href`;
    return { code: code.replaceAll('import.meta.url', place), map: null };
  },
};

const BUNDLE = join(ROOT, 'bundle');
/** Where it is made: what is called bundle/ is whole. */
const UNFINISHED = join(ROOT, 'bundle.new');
const remove = (folder) => {
  rmSync(folder, { recursive: true, force: true });
};

// First, for where the bundler does not run, what it once made would be the program still.
remove(BUNDLE);
const { rolldown } = await import('rolldown');
const bundle = await rolldown({
  cwd: ROOT,
  input: Object.fromEntries(STARTED.map((file) => [file, join(DIST, `${file}.js`)])),
  platform: 'node',
  tsconfig: false,
  // Packages stay where npm has put them.
  external: (id) => !/^[./]/.test(id),
  plugins: [places],
  onLog: (_level, log) => {
    throw new Error(log.message);
  },
});
remove(UNFINISHED);
try {
  await bundle.write({
    dir: UNFINISHED,
    format: 'esm',
    comments: { legal: true, annotation: true, jsdoc: false },
    chunkFileNames: 'shared/[name].js',
  });
  renameSync(UNFINISHED, BUNDLE);
} finally {
  remove(UNFINISHED);
  await bundle.close();
}
