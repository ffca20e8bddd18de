import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { adfpush, projectOf, root } from '../stages/adfpush.js';

const page = readFileSync('docs/own-modules.md', 'utf8');
const [flag = '', queue = ''] = [...page.matchAll(/```ts\n([^]*?)```/g)].map(([, text = '']) => text);

const play = (...tasks: readonly string[]): string =>
  `- hosts: localhost\n  tasks:\n${tasks.map((task) => `    - ${task}\n`).join('')}`;

const files = {
  'inventory/here.yml': 'source: static\nhosts: { api-1: { address: 127.0.0.1, groups: [api] } }\n',
  'modules/feature_flag.ts': flag,
  'modules/queue_length.ts': queue,
  'modules/_shared.ts': 'throw new Error("no module");\n',
};

it('are used by tasks, and change nothing the second time', async () => {
  const project = await projectOf(files);
  const folder = join(project, 'flags of the shop');
  mkdirSync(folder);
  writeFileSync(
    join(project, 'play.yml'),
    play(
      `feature_flag: { name: basket, folder: '${folder}' }`,
      `queue_length: { folder: '${folder}' }\n      register: jobs`,
      `assert: { that: ['jobs.length == 1'] }\n      when: mode == "real"`,
    ),
  );
  const run = (...words: readonly string[]) =>
    adfpush(['run', 'play.yml', '--env', 'here', ...words], project);

  const dry = await run('--check', '-e', 'mode=dry');
  expect(dry, dry.stdout).toMatchObject({ exit: 0, stderr: '' });
  expect(dry.stdout).toContain('make basket enabled');
  expect(existsSync(join(folder, 'basket'))).toBe(false);

  const first = await run('-e', 'mode=real');
  expect(first, first.stdout).toMatchObject({ exit: 0 });
  expect(first.stdout).toMatch(/localhost : ok=\d+ changed=1/);
  expect(existsSync(join(folder, 'basket'))).toBe(true);

  const second = await run('-e', 'mode=real');
  expect(second.stdout).toMatch(/localhost : ok=\d+ changed=0/);
});

it('are told of by module, schema and lint', async () => {
  const project = await projectOf({
    ...files,
    'playbooks/wrong.yml': play('feature_flag: { name: basket, foldr: /tmp }', 'feature_flagg: {}'),
  });
  const shown = await adfpush(['module', 'feature_flag'], project);
  expect(shown.stdout).toContain('Switches a feature of the shop on or off');
  expect(shown.stdout).toContain('Where the shop looks for its flags');
  expect((await adfpush(['module'], project)).stdout).toContain('queue_length');
  expect((await adfpush(['schema', 'playbook'], project)).stdout).toContain('"feature_flag"');

  const linted = await adfpush(['lint'], project);
  expect(linted.exit).toBe(2);
  expect(linted.stdout + linted.stderr).toMatch(/"foldr"\s+playbooks\/wrong\.yml:3:\d+/);
  expect(linted.stdout + linted.stderr).toMatch(/Did you mean "feature_flag"/);
});

it('are not looked for in a folder that is no project', async () => {
  const folder = await projectOf({ 'modules/index.js': 'throw new Error("of another program");\n' });
  expect(await adfpush(['module', 'copy'], folder)).toMatchObject({ exit: 0, stderr: '' });
});

it('fail the task with the message of what they throw', async () => {
  const project = await projectOf({
    ...files,
    'modules/broken.js': `import { defineReadingModule, z } from 'adfpush/module';
export default defineReadingModule({
  schema: z.strictObject({}),
  async read() { throw new Error('the shop has no queue'); },
});
`,
    'play.yml': play('broken: {}'),
  });
  const { exit, stdout, stderr } = await adfpush(['run', 'play.yml', '--env', 'here'], project);
  expect(exit).toBe(4);
  expect(stdout + stderr).toContain('broken: the shop has no queue');
});

it.each([
  ['modules/copy.ts', flag, 'modules/copy.ts:1:1', 'a module of adfpush'],
  ['modules/notify.ts', flag, 'modules/notify.ts:1:1', 'a keyword of tasks'],
  ['modules/Flag-2.ts', flag, 'modules/Flag-2.ts:1:1', 'cannot be called'],
  ['modules/queue_length.mjs', queue, 'modules/queue_length.ts:1:1', 'of one name'],
  ['modules/odd.ts', 'export const a = 1;\n', 'modules/odd.ts:1:1', 'no module as its default export'],
  ['modules/odd.ts', 'export default {\n  a: ,\n};\n', 'modules/odd.ts:2:6', 'could not be loaded'],
  ['modules/odd.mjs', 'export default {\n  a: ,\n};\n', 'modules/odd.mjs:2:6', 'could not be loaded'],
  ['modules/odd.ts', "import './gone.ts';\n", 'modules/odd.ts:1:1', 'could not be loaded'],
  ['modules/odd.ts', '\nthrow new Error("not today");\n', 'modules/odd.ts:2:7', 'not today'],
])('are refused when wrong: %s', async (file, text, place, message) => {
  const project = await projectOf({ ...files, [file]: text, 'play.yml': play('ping: {}') });
  const { exit, stdout, stderr } = await adfpush(['run', 'play.yml', '--env', 'here'], project);
  expect(exit, stdout + stderr).toBe(2);
  expect(stderr).toContain(place);
  expect(stderr).toContain(message);
});

it('are typed in an editor, without zod', async () => {
  const strict = { strict: true, noEmit: true, module: 'nodenext', target: 'es2024', skipLibCheck: true };
  const project = await projectOf({
    ...files,
    'modules/_shared.ts': 'export {};\n',
    'modules/wrong.ts': flag.replace('name, folder, state }, host', 'nam, folder, state }, host'),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { ...strict, types: [], paths: { 'adfpush/module': ['./types/module.d.ts'] } },
      include: ['modules'],
    }),
  });
  await execa('npm', ['run', 'build:types'], { cwd: root, env: { ADFPUSH_TYPES: join(project, 'types') } });
  const { stdout } = await execa(join(root, 'node_modules/.bin/tsc'), ['-p', project], {
    cwd: project,
    reject: false,
  });
  const wrong = stdout.split('\n').filter((line) => /error/.test(line));
  expect(wrong.filter((line) => !line.startsWith('modules/wrong.ts'))).toEqual([]);
  expect(wrong).toContainEqual(expect.stringContaining("Property 'nam' does not exist"));
});
