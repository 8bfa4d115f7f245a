// Lint rules: strict types everywhere, and the directions in which the layers of docs/ARCHITECTURE.md may import.
import js from '@eslint/js';
import node from 'eslint-plugin-n';
import tseslint from 'typescript-eslint';

/** What each folder of src/ may import from the others. A folder always may import from itself and from src/error.ts. */
const MAY_IMPORT = {
  wire: [],
  tcp: ['wire'],
  driver: ['wire', 'tcp'],
  filter: ['wire'],
  capture: ['wire'],
  evidence: ['wire', 'tcp', 'filter', 'driver'],
  report: ['wire', 'evidence', 'filter', 'capture'],
  linux: ['wire', 'tcp', 'driver', 'filter', 'evidence'],
  lab: ['wire', 'tcp', 'driver', 'filter', 'capture', 'evidence', 'linux'],
  exercise: ['wire', 'tcp', 'driver', 'filter', 'evidence', 'linux', 'lab'],
  live: ['wire', 'tcp', 'driver', 'filter', 'evidence', 'linux'],
  bulk: ['wire', 'tcp', 'driver', 'filter', 'evidence', 'linux', 'lab'],
  experiments: ['evidence', 'lab', 'bulk'],
  cli: [
    ...['wire', 'tcp', 'driver', 'filter', 'capture', 'evidence', 'linux', 'lab', 'exercise', 'live', 'bulk'],
    ...['experiments', 'report'],
  ],
};

/** Rooms of a folder that are called as another folder is. */
const OWN_ROOMS = { lab: ['experiments'], bulk: ['experiments'], exercise: ['experiments'] };

const NO_EXIT = {
  object: 'process',
  property: 'exit',
  message: 'Set process.exitCode: pending output and clean-up must end first.',
};

const PURE = ['wire', 'tcp'];

const layer = ([folder, allowed]) => {
  const allowedOrOwn = [folder, ...allowed, ...(OWN_ROOMS[folder] ?? [])];
  const forbidden = Object.keys(MAY_IMPORT).filter((other) => !allowedOrOwn.includes(other));
  const patterns = [
    {
      group: forbidden.map((other) => `**/${other}/**`),
      message: `src/${folder} may import from: ${allowed.join(', ') || 'no other folder'}.`,
    },
    { group: PURE.includes(folder) ? ['node:*'] : [], message: `src/${folder} works without Node.` },
    { group: folder === 'cli' ? [] : ['commander'], message: 'Only src/cli parses options.' },
  ].filter(({ group }) => group.length > 0);
  if (patterns.length === 0) return {};
  return { files: [`src/${folder}/**/*.ts`], rules: { 'no-restricted-imports': ['error', { patterns }] } };
};

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Sequence numbers, lengths and ports are printed all over the place.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // process.env['NAME'] is what the compiler asks for.
      '@typescript-eslint/dot-notation': 'off',
      'no-console': 'error',
      'no-restricted-properties': ['error', NO_EXIT],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly' } },
  },
  {
    // What runs at users' has only what the oldest Node.js of `engines` in package.json has.
    files: ['src/**/*.ts', 'bin/*.js'],
    plugins: { n: node },
    rules: {
      'n/no-unsupported-features/es-builtins': 'error',
      'n/no-unsupported-features/node-builtins': ['error', { allowExperimental: true }],
      // Methods are not seen by these: what ES2023 has and Node.js 18 does not.
      'no-restricted-properties': [
        'error',
        NO_EXIT,
        ...['toReversed', 'toSorted', 'toSpliced', 'with'].map((property) => ({
          property,
          message: 'Node.js 18 has no such method.',
        })),
      ],
    },
  },
  {
    files: ['src/report/**/*.ts', 'src/cli/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='JSON'][property.name='stringify']",
          message:
            'What is shown is written by jsonText (src/printable.ts): JSON.stringify leaves C1 and bidi controls raw.',
        },
      ],
    },
  },
  ...Object.entries(MAY_IMPORT).map(layer),
);
