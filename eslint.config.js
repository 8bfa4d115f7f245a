// Lint rules: strict types everywhere. In which directions the folders may import stands in .dependency-cruiser.js.
import js from '@eslint/js';
import node from 'eslint-plugin-n';
import tseslint from 'typescript-eslint';

const NO_EXIT = {
  object: 'process',
  property: 'exit',
  message: 'Set process.exitCode: pending output and clean-up must end first.',
};

export default tseslint.config(
  { ignores: ['dist/', 'bundle/', 'build/', 'node_modules/', 'coverage/'] },
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
);
