import { defineConfig } from 'vitest/config';

/** Of what runs on fakes alone: no other process, no network. */
const pure = [
  'check',
  'config',
  'engine',
  'errors',
  'events',
  'expression',
  'fakes',
  'inventory',
  'model',
  'operate',
  'plan',
  'playbook',
  'reference',
  'report',
  'sim',
  'traffic',
  'usecases',
].map((folder) => `test/${folder}/**/*.test.ts`);

/** Rolls over the lab: these wait for drains, health checks and leases most of the time. */
const lab = [
  'test/lab/**/*.test.ts',
  'test/aws/dynamo-deploy.test.ts',
  'test/cli/init.test.ts',
  'test/docs/commands.test.ts',
  'test/docs/first-deploy.test.ts',
  'test/secrets/deploy.test.ts',
];

/** What goes wrong on the fleet. These take as long as all that goes right, and have a fleet of their own beside it. */
const faults = ['crashed', 'interrupted', 'late-stop', 'lost-host', 'blips/blips'].map(
  (file) => `test/fleet/${file}.test.ts`,
);

export default defineConfig({
  test: {
    // A hung test is ended by this; a busy machine may take many times as long as a calm one.
    testTimeout: 600_000,
    hookTimeout: 300_000,
    pool: 'forks',
    setupFiles: ['test/stages/after-each-file.ts'],
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'pure',
          include: pure,
          // These tests leave nothing behind in their process, so files of one worker share the loaded program: half of the CPU time.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, ...lab, 'test/fleet/**', 'test/crash/**'],
          // Many of them wait for a program most of the time.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: { name: 'lab', include: lab, maxWorkers: 4, sequence: { groupOrder: 4 } },
      },
      ...Object.entries({
        fleet: { include: ['test/fleet/**/*.test.ts'], exclude: faults },
        'fleet-faults': { include: faults },
      }).map(([name, files], index) => ({
        extends: true as const,
        test: {
          name,
          ...files,
          globalSetup: ['test/fleet/global-setup.ts'],
          // One fleet serves all files, one case after the other; a case may wait for several rolls.
          fileParallelism: false,
          sequence: { groupOrder: 5 + index },
        },
      })),
      {
        extends: true,
        test: {
          name: 'crashes',
          include: ['test/crash/**/*.test.ts'],
          // One case tries many points; with ADFPUSH_CRASH_POINTS=all it takes long.
          testTimeout: 3_600_000,
          maxWorkers: 4,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
