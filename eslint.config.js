import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * The folder borders of the design: which folders of src/ each folder may import from.
 * `model`, `ports` and `errors` are open to all; a folder may always import from itself.
 */
const borders = {
  errors: [],
  model: [],
  ports: [],
  events: [],
  config: ['system'],
  expression: ['config'],
  inventory: ['config', 'expression'],
  playbook: ['config', 'expression', 'modules'],
  plan: ['playbook'],
  traffic: [],
  modules: [],
  engine: ['events', 'expression', 'playbook', 'plan', 'modules', 'traffic'],
  transport: ['system'],
  docker: [],
  aws: ['system'],
  release: ['system'],
  state: [],
  system: [],
  secrets: ['config'],
  notify: ['events'],
  // What a use case is made of, in one direction: each may import those above it.
  world: [
    ...['aws', 'config', 'docker', 'engine', 'events', 'expression', 'inventory', 'modules', 'playbook'],
    ...['notify', 'release', 'secrets', 'state', 'system', 'transport'],
  ],
  run: ['world', 'engine', 'events', 'expression', 'inventory', 'modules', 'playbook', 'state'],
  check: [
    ...[
      'run',
      'world',
      'engine',
      'events',
      'config',
      'expression',
      'inventory',
      'modules',
      'plan',
      'playbook',
    ],
  ],
  recovery: ['run', 'world', 'engine', 'events', 'inventory', 'plan'],
  deploy: ['recovery', 'check', 'run', 'world', 'engine', 'expression', 'inventory', 'plan', 'playbook'],
  operate: [
    ...['deploy', 'recovery', 'check', 'run', 'world', 'engine', 'expression', 'inventory', 'modules'],
    ...['plan', 'playbook'],
  ],
  report: ['events', 'plan'],
  // What is told of settings, playbooks and modules, made from what checks them.
  reference: ['config', 'inventory', 'modules', 'playbook', 'world'],
  lab: [],
  cli: ['config', 'events', 'expression', 'report', 'system', 'world'],
  commands: ['cli', 'inventory', 'lab', 'report'],
};
/** Open to all. */
const open = ['errors', 'model', 'ports'];

/** These folders are simulated, so time, randomness and the world reach them through ports only. */
const deterministic = [
  ...['plan', 'playbook', 'expression', 'engine', 'modules', 'traffic'],
  ...['run', 'recovery', 'deploy', 'operate', 'model/holds'],
];

const folders = Object.keys(borders);
const borderRules = folders.map((folder) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^(\\.\\./)+(${folders
              .filter(
                (other) => other !== folder && !open.includes(other) && !borders[folder].includes(other),
              )
              .join('|')})/`,
            message: `src/${folder} may import only from: ${[...open, ...borders[folder]].join(', ')}.`,
          },
          ...(folder === 'engine'
            ? []
            : [
                {
                  regex: '/engine/(?!index\\.js$)',
                  message: "The engine's only face is src/engine/index.ts.",
                },
              ]),
          ...(deterministic.includes(folder)
            ? [
                {
                  regex:
                    '^(node:)?(fs|net|http|https|child_process|crypto|timers|process|os|dns|worker_threads)(/|$)',
                  allowTypeImports: true,
                  message: 'The world reaches this folder through ports only, so that it can be simulated.',
                },
              ]
            : []),
          ...(folder === 'transport' || folder === 'lab'
            ? []
            : [
                {
                  regex: '^ssh2$',
                  message: 'Only src/transport speaks ssh2, and the hosts of src/lab answer it.',
                },
              ]),
          ...(folder === 'aws'
            ? []
            : [{ regex: '^@aws-sdk/', message: 'Only src/aws speaks to the AWS SDK.' }]),
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist', '.dist-*', 'node_modules', 'coverage'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js'] } } },
    rules: {
      'no-duplicate-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  ...borderRules,
  {
    files: deterministic.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': [
        'error',
        ...[
          'Date',
          'setTimeout',
          'setInterval',
          'setImmediate',
          'process',
          'fetch',
          'crypto',
          'performance',
        ].map((name) => ({ name, message: 'Use a port: this folder is simulated.' })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Use the Random port.' },
        {
          object: 'AbortSignal',
          property: 'timeout',
          message: 'Depends on garbage collection: use the Clock port.',
        },
        {
          object: 'AbortSignal',
          property: 'any',
          message: 'Depends on garbage collection: use the Clock port.',
        },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    // The fleet outlives its tests, and the coverage is measured by a program.
    ignores: ['test/stages/temporary-folder.ts', 'test/{docs,fleet}/**', 'test/sim/coverage/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['node:fs', 'node:fs/promises'].map((name) => ({
            name,
            importNames: ['mkdtemp', 'mkdtempSync'],
            message: 'Use `temporaryFolder` of test/stages, which removes the folder.',
          })),
        },
      ],
    },
  },
  { files: ['*.js'], ...tseslint.configs.disableTypeChecked },
);
