import tseslint from 'typescript-eslint'
import tsdoc from 'eslint-plugin-tsdoc'
import { functionFiles, functionLanguage } from './scripts/lint/function-language.js'
import rooms from './scripts/lint/rooms.js'

/**
 * What is nobody's else is so when it runs too, and takes no syntax that must be stripped. A constructor has no name to put
 * a # before.
 */
const restrictedEverywhere = [
  {
    selector:
      ":matches(PropertyDefinition, AccessorProperty, TSParameterProperty, MethodDefinition[kind!='constructor'])[accessibility='private']",
    message: 'Write #name for what is private.',
  },
]

/** Where results and talk go through, so that none goes astray and what can't be written is told alike everywhere. */
const streams = [
  ['stdout', 'src/ui/result.ts'],
  ['stderr', 'src/ui/talk.ts'],
]
const streamRules = {
  'no-console': 'error',
  'no-restricted-properties': [
    'error',
    ...streams.map(([property, file]) => ({ object: 'process', property, message: `Only ${file} writes there.` })),
  ],
  // This list takes the place of the one for all files.
  'no-restricted-syntax': [
    'error',
    ...restrictedEverywhere,
    ...streams.map(([name, file]) => ({
      selector: `ImportDeclaration[source.value=/^(node:)?process$/] ImportSpecifier[imported.name='${name}']`,
      message: `Only ${file} writes there.`,
    })),
    {
      selector: "CallExpression[callee.name='writeSync'][arguments.0.value=/^[12]$/]",
      message: 'Results go through src/ui/result.ts, talk through src/ui/talk.ts.',
    },
  ],
}

export default tseslint.config(
  { ignores: ['dist', 'dist.*', 'coverage', 'docs'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { tsdoc },
    rules: {
      'tsdoc/syntax': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/require-await': 'off',
      eqeqeq: 'error',
      'no-restricted-syntax': ['error', ...restrictedEverywhere],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    // Who may import what, that nothing destroys anything, and how long a file may be.
    files: ['src/**/*.ts'],
    plugins: { rooms },
    rules: { 'rooms/imports': 'error', 'rooms/destroys-nothing': 'error', 'max-lines': ['error', 300] },
  },
  {
    // Another kind of source would keep no law.
    files: ['src/**/*.{tsx,mts,cts,js,jsx,mjs,cjs}'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'Program', message: 'Sources are .ts files.' }] },
  },
  {
    // The edge function's only way to be heard is the console; the sandbox knows nothing of src/ui.
    files: ['src/**/*.ts'],
    ignores: ['src/ui/result.ts', 'src/ui/talk.ts', 'src/edge/**', 'src/sandbox/**'],
    rules: streamRules,
  },
  {
    files: functionFiles,
    rules: { 'no-restricted-syntax': ['error', ...restrictedEverywhere, ...functionLanguage] },
  },
)
