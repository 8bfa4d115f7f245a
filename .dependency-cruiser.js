// Which folder of src/ may import from which others, as docs/ARCHITECTURE.md draws it, and that no imports run in a circle.

/** A folder always may import from itself and from the files of src/ that stand outside the folders. */
const MAY_IMPORT = {
  wire: [],
  tcp: ['wire'],
  driver: ['wire', 'tcp'],
  filter: ['wire'],
  capture: ['wire'],
  evidence: ['wire', 'tcp', 'filter', 'driver'],
  diagnosis: ['wire', 'tcp', 'filter', 'evidence'],
  report: ['wire', 'evidence', 'diagnosis', 'filter', 'capture'],
  linux: ['wire', 'tcp', 'driver', 'filter', 'evidence'],
  lab: ['wire', 'tcp', 'driver', 'filter', 'capture', 'evidence', 'diagnosis', 'linux'],
  exercise: ['wire', 'tcp', 'driver', 'filter', 'evidence', 'diagnosis', 'linux', 'lab'],
  live: ['wire', 'tcp', 'driver', 'filter', 'evidence', 'diagnosis', 'linux'],
  bulk: ['wire', 'tcp', 'driver', 'filter', 'evidence', 'linux', 'lab'],
  experiments: ['wire', 'tcp', 'driver', 'filter', 'evidence', 'linux', 'lab', 'bulk'],
  cli: [
    ...['wire', 'tcp', 'driver', 'filter', 'capture', 'evidence', 'diagnosis', 'linux', 'lab', 'exercise', 'live'],
    ...['bulk', 'experiments', 'report'],
  ],
};

/** Folders that know no Node: clock, random numbers and sockets are somebody else's. */
const PURE = ['wire', 'tcp'];

const direction = ([folder, allowed]) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import from: ${allowed.join(', ') || 'no other folder'}.`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: { path: '^src/[^/]+/', pathNot: `^src/(${[folder, ...allowed].join('|')})/` },
});

export default {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(direction),
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'works-without-node',
      severity: 'error',
      from: { path: `^src/(${PURE.join('|')})/` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-cli-parses-options',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: 'commander' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
};
