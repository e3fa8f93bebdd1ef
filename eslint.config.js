import tseslint from 'typescript-eslint'
import tsdoc from 'eslint-plugin-tsdoc'

/**
 * Who may import what, downwards only: commands → tasks → resources → aws. The leaves (settings, edge,
 * repositories, ui) know no AWS client; the sandbox is the other side of the wire and knows none of our client code.
 */
const rooms = {
  aws: ['commands', 'tasks', 'reindex', 'resources', 'sandbox'],
  resources: ['commands', 'tasks', 'reindex', 'sandbox'],
  reindex: ['commands', 'tasks', 'sandbox', 'edge'],
  tasks: ['commands', 'sandbox'],
  commands: [],
  settings: ['commands', 'tasks', 'resources', 'aws', 'sandbox', 'edge'],
  edge: ['commands', 'tasks', 'resources', 'aws', 'sandbox', 'settings', 'ui'],
  repositories: ['commands', 'tasks', 'reindex', 'resources', 'aws', 'sandbox', 'settings', 'edge'],
  ui: ['commands', 'tasks', 'resources', 'aws', 'sandbox'],
  sandbox: ['commands', 'tasks', 'resources', 'aws'],
}
const clientsAllowed = new Set(['aws', 'resources'])

/** What may not be imported in a room, and which commands of AWS nowhere at all. */
const importRule = (room, destroys) => ({
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        ...rooms[room].map((other) => ({
          regex: `^(\\.\\./)+${other}/`,
          message: `src/${room} must not import src/${other}.`,
        })),
        ...(clientsAllowed.has(room)
          ? []
          : [{ group: ['@aws-sdk/*'], message: 'AWS clients live in src/aws and src/resources only.' }]),
        {
          group: ['@aws-sdk/*'],
          importNamePattern: destroys,
          message: 'pc-ctl destroys nothing outside cfremove.',
        },
      ],
    },
  ],
})

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
  'no-restricted-syntax': [
    'error',
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

const destroying = '(Delete|Remove|Schedule.*Deletion|Disable).*Command$'
const importRules = [
  ...Object.keys(rooms).map((room) => ({
    files: [`src/${room}/**/*.ts`],
    rules: importRule(room, `^${destroying}`),
  })),
  {
    // cfremove: the one file that destroys anything, and only distributions.
    files: ['src/resources/distribution-removal.ts'],
    rules: importRule('resources', `^(?!DeleteDistributionCommand$)${destroying}`),
  },
]

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
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  ...importRules,
  {
    // The edge function's only way to be heard is the console; the sandbox knows nothing of src/ui.
    files: ['src/**/*.ts'],
    ignores: ['src/ui/result.ts', 'src/ui/talk.ts', 'src/edge/**', 'src/sandbox/**'],
    rules: streamRules,
  },
)
