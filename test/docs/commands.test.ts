import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Parser } from '@oclif/core';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { durationOf } from '../../src/cli/flags.js';
import { readExtraVars } from '../../src/cli/extra-vars.js';
import { commands as table } from '../../src/commands/table.js';
import { startLab, type Lab } from '../../src/lab/lab.js';
import { modules } from '../../src/modules/catalogue.js';
import { program, root, type Ended } from '../stages/adfpush.js';
import { blocksOf, codeSpansOf, pages } from './blocks.js';

interface Documented {
  /** `docs/tasks.md`, `deploy --help`. */
  readonly where: string;
  /** As it is written, from `adfpush` on. */
  readonly line: string;
  /** It is to be typed as it stands; else it may name the verb alone. */
  readonly isWhole: boolean;
}

const commandIn = (text: string): string | undefined =>
  /(?:^|npm run |\()(adfpush .*?)\)?$/.exec(text.trim())?.[1];

const inBlock = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => commandIn(/^\s*sh '(.*)'$/.exec(line)?.[1] ?? line) ?? []);

const inPages = pages.flatMap((page): readonly Documented[] => [
  ...blocksOf(page)
    .flatMap(({ text }) => inBlock(text))
    .map((line) => ({ where: page, line, isWhole: true })),
  ...codeSpansOf(page)
    .flatMap((text) => commandIn(text) ?? [])
    .map((line) => ({ where: page, line, isWhole: line.includes(' --env ') })),
]);

const inPlaybooks = readdirSync(join(root, 'playbooks')).flatMap((name): readonly Documented[] =>
  [...readFileSync(join(root, 'playbooks', name), 'utf8').matchAll(/^# +(adfpush .*)$/gm)].map(
    ([, line = '']) => ({
      where: `playbooks/${name}`,
      line,
      isWhole: true,
    }),
  ),
);

const inHelp = Object.entries(table).flatMap(([id, command]) =>
  (command.examples as readonly { readonly command: string }[]).map((example): Documented => ({
    where: `${id.replace(':', ' ')} --help`,
    line: commandIn(example.command.replaceAll('<%= config.bin %>', 'adfpush')) ?? '',
    isWhole: true,
  })),
);

const documented = [...inPages, ...inPlaybooks, ...inHelp].filter(
  ({ line }) => !/^adfpush (--help|COMMAND)/.test(line),
);

/** The words that a shell hands to the program. */
function wordsOf(line: string): readonly string[] {
  const given = line.replace(/^adfpush -- /, 'adfpush ');
  const { stdout } = execaSync('bash', ['-c', `adfpush() { printf '%s\\0' "$@"; }\n${given}`], {
    env: { VERSION: 'v42' },
  });
  return stdout.split('\0').slice(0, -1);
}

/** Its command, and what is behind the command's name. Three dots alone stand for flags that are left out. */
function commandOf(words: readonly string[]) {
  const [first = '', second = '', ...rest] = words;
  const named = Object.hasOwn(table, `${first}:${second}`) ? `${first}:${second}` : first;
  const command = Object.entries(table).find(([id]) => id === named)?.[1];
  const own = named === first ? words.slice(1) : rest;
  const given = own.filter((word, n) => word !== '…' || own[n - 1]?.startsWith('--') === true);
  return { id: named, command, given };
}

it('finds the commands of the pages', () => {
  expect(inPages.length).toBeGreaterThan(50);
  expect(new Set(inPages.map(({ where }) => where)).size).toBeGreaterThan(10);
  expect(inPlaybooks).toHaveLength(4);
  expect(inHelp.length).toBeGreaterThan(40);
});

it.each(documented)('$where: $line', async ({ line, isWhole }) => {
  const { id, command, given } = commandOf(wordsOf(line));
  expect(command, id).toBeDefined();
  if (command === undefined) return;
  const dashes = given.indexOf('--');
  const { flags, args } = await Parser.parse(
    [...(id === 'exec' && dashes >= 0 ? given.slice(0, dashes) : given)],
    {
      flags: { ...command.baseFlags, ...command.flags } as never,
      args: command.args,
      strict: command.strict,
    },
  );
  const values: Readonly<Record<string, unknown>> = flags;
  const mayLackIt = values['help'] === true || values['grid'] === true;
  const isLook = mayLackIt || ['lock:status', 'recover', 'resume'].includes(id);
  if (isWhole && 'env' in { ...command.flags } && !isLook)
    expect(values['env'], 'an environment').toBeDefined();
  for (const flag of ['lock-wait', 'grace', 'older-than'])
    durationOf(`--${flag}`, values[flag] as string | undefined);
  const extraVars = (values['extra-vars'] ?? []) as readonly string[];
  readExtraVars(extraVars.filter((text) => !text.startsWith('@')));
  const { playbook, name } = args as Readonly<Record<string, string | undefined>>;
  if (id === 'run' && playbook !== undefined && /^[a-z]+$/.test(playbook))
    expect(existsSync(join(root, 'playbooks', `${playbook}.yml`)), playbook).toBe(true);
  if (id === 'module' && name !== undefined && name !== 'NAME')
    expect(modules.has(name) || name === 'kernel_parameter', name).toBe(true);
});

/** What is not run here, each with its reason. */
const leftOut: readonly (readonly [RegExp, string])[] = [
  [/^adfpush -- lab /, 'its ports are fixed, and another lab of this machine may have them'],
  [/^adfpush promote/, 'it needs two environments: test/lab/promote.test.ts has three'],
  [
    /^adfpush run bootstrap/,
    'it would install packages on this machine, whose commands the hosts of a lab have',
  ],
  [
    /^adfpush (exec --group G|logs --group G|ping --env E|run PLAYBOOK|module NAME|exec …|status …|lock release --group …)/,
    'it is a pattern, not a command',
  ],
];

/** What is of the pages' fleet, and what it is in the lab. */
const inTheLab = [
  ['--env prod', '--env lab'],
  ['--group web', '--group api'],
  ['web-1', 'api-1'],
  ['apt-get -y upgrade', 'touch maintained'],
  // A bare machine has no procps.
  ['-- uptime', '-- uname -a'],
] as const;

/** Flags that a sentence leaves out when it names the verb alone. */
function withItsFlags({ line, isWhole }: Documented): string {
  const { id, command } = commandOf(wordsOf(line));
  const flags = command?.flags ?? {};
  if (isWhole || !Object.hasOwn(flags, 'env') || id === 'resume' || line.includes('--env')) return line;
  return `${line}${Object.hasOwn(flags, 'group') ? ' --group api' : ''} --env lab`;
}

/** Commands that are refused here, since there is nothing for them to do. */
const exits: Readonly<Record<string, number>> = { 'adfpush resume': 3 };

const isLeftOut = (line: string): boolean => leftOut.some(([pattern]) => pattern.test(line));

const day = [
  ...new Set(
    inPages
      .filter(({ line }) => !/^adfpush (--help|COMMAND)/.test(line) && !isLeftOut(line))
      .map((one) =>
        inTheLab.reduce((text, [theirs, ours]) => text.replaceAll(theirs, ours), withItsFlags(one)),
      ),
  ),
];

/** What some of them show, as their pages say. */
const shapes: readonly (readonly [string, RegExp])[] = [
  ['adfpush lint', /nothing found/],
  ['adfpush inventory list --env lab --ansible', /"_meta"/],
  ['adfpush inventory vars api-1 --env lab --group api --explain', /inventory\/group_vars\/api\.yml:\d+/],
  ['adfpush completion bash', /^# In ~\/\.bashrc: source <\(adfpush completion bash\)/],
  ['adfpush rollback --group api --env lab', /v2/],
];

const pageText = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The names in the first column of the last table of a page. */
const fieldsOf = (page: string): readonly string[] =>
  [
    ...(
      pageText(page)
        .split(/^\| field /m)
        .at(-1) ?? ''
    ).matchAll(/^\| (`[^|]*) \|/gm),
  ].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

/** How docs/exec.md shows what hosts printed. */
const groupedOutput = /^\S.*: exited with \d+\n( {2}\| .*\n)+/m;

describe('the commands of the pages, on a lab', () => {
  let folder: string;
  let lab: Lab;
  const ended = new Map<string, Ended>();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adfpush-commands-'));
    lab = await startLab({ directory: folder, hosts: 2, deregistrationDelay: 0 });
    lab.publish('v42', 'healthy');
    const write = (path: string, text: string): void => writeFileSync(join(lab.project, path), text);
    await execa('mkdir', ['-p', join(lab.project, 'playbooks')]);
    for (const name of ['site', 'ntp'])
      write(
        `playbooks/${name}.yml`,
        '- hosts: api\n  tasks: [{ name: look, command: uname -a, tags: [look] }]\n',
      );
    write('look.sh', 'echo "looked $1"\n');
    write('inventory/endpoints.yml', `lab: [{ name: shop, url: '${lab.balancerUrl}', status: 200-599 }]\n`);
  });
  afterAll(async () => {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (words: readonly string[]): Promise<Ended> => {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...words], {
      cwd: lab.project,
      env: { XDG_STATE_HOME: join(folder, 'state'), NO_COLOR: '1' },
      reject: false,
      stdin: 'ignore',
    });
    return { exit: exitCode, stdout, stderr };
  };

  it('end well, one after the other in the order of the pages', async () => {
    expect(day.length).toBeGreaterThan(30);
    const wrong: string[] = [];
    for (const line of day) {
      const result = await run(wordsOf(line));
      ended.set(line, result);
      if (result.exit !== (exits[line] ?? 0))
        wrong.push(`${String(result.exit)}: ${line}\n${result.stderr}\n${result.stdout}`);
    }
    expect(wrong).toEqual([]);
    for (const [line, shape] of shapes) expect(ended.get(line)?.stdout, line).toMatch(shape);
  });

  it('show what their pages say', async () => {
    const { stdout: grouped } = await run(wordsOf('adfpush exec -g api --env lab -- uname -a'));
    const [shown = ''] = /^```\n[^`]*^```$/m.exec(pageText('docs/exec.md')) ?? [];
    expect(shown).toMatch(groupedOutput);
    expect(`${grouped}\n`).toMatch(groupedOutput);

    const { stdout: lines } = await run(wordsOf('adfpush exec -g api --env lab --one-line -- echo here'));
    expect(lines.split('\n').sort()).toEqual(['api-1 | 0 | here', 'api-2 | 0 | here']);

    const { stdout: document } = await run(wordsOf('adfpush exec -g api --env lab --json -- echo here'));
    const { hosts } = JSON.parse(document) as { hosts: readonly { command: object }[] };
    const documentedFields = fieldsOf('docs/exec.md');
    expect(hosts).toHaveLength(2);
    for (const { command } of hosts) {
      expect(command).toMatchObject({ outcome: 'exited', rc: 0, stdout: 'here', stderr: '' });
      expect(documentedFields).toEqual(expect.arrayContaining(Object.keys(command)));
    }

    writeFileSync(join(lab.project, 'playbooks/ntp.yml'), '- hosts: api\n  tasks: [{ shel: date }]\n');
    const { exit, stdout } = await run(wordsOf('adfpush lint --json'));
    expect(exit).toBe(2);
    const report = JSON.parse(stdout) as { findings: readonly object[] };
    const said = codeSpansOf('docs/tasks.md');
    expect(said).toEqual(expect.arrayContaining(Object.keys(report)));
    expect(report.findings).not.toEqual([]);
    for (const finding of report.findings) expect(said).toEqual(expect.arrayContaining(Object.keys(finding)));
  });
});
