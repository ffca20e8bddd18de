import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateCondition, parseCondition } from '../../src/expression/condition.js';
import type { Layer } from '../../src/expression/scope.js';
import { render, renderFile } from '../../src/expression/templates.js';
import { Variables } from '../../src/expression/variables.js';
import { argvSchema } from '../../src/model/schema/argv.js';
import { containerSchema } from '../../src/model/schema/container.js';
import type { RemoteCommand, RunOptions } from '../../src/ports/transport.js';
import { TransportFiles } from '../../src/transport/host-files/transport-files.js';
import { LocalConnection, LocalTransport } from '../../src/transport/local-connection.js';
import { AdHocStage, exited } from '../stages/ad-hoc-stage.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { systemClock } from '../stages/system-clock.js';
import { hostileValues, Tripwire } from './hostile-values.js';

const at = { file: 'playbook.yml', line: 1, column: 1 };
const host = makeHost('here');
const connection = new LocalConnection(host, systemClock);
const batches = (values: readonly string[], size: number): string[][] =>
  Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );

/** What a host told, or the cloud, or an event: data. */
const facts = (values: Record<string, unknown>): Layer => ({ name: 'facts', values, literal: true });

/** What a command writes, split at its NULs. */
async function told(command: RemoteCommand, options: RunOptions = {}): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  const toStdout = (chunk: Uint8Array): void => void chunks.push(Buffer.from(chunk));
  const { outcome, stderr } = await connection.run(command, { ...options, toStdout });
  expect({ outcome, stderr }).toEqual({ outcome: { kind: 'exited', code: 0 }, stderr: '' });
  return Buffer.concat(chunks).toString().split('\0').slice(0, -1);
}

describe('a hundred thousand hostile values arrive byte for byte and execute nothing', () => {
  const tripwire = new Tripwire();
  let folder: string;
  let count = 0;
  beforeAll(() => {
    folder = temporaryFolder('injection');
  });
  /** Values of their own for each way. */
  const values = (howMany: number, longest?: number): string[] => {
    count += howMany;
    return hostileValues(howMany, tripwire, count, longest);
  };
  /** Names that a file can have: no slash, not too long; each only once. */
  const names = (howMany: number): string[] => {
    const fit = values(howMany, 1).filter(
      (value) =>
        value !== '' &&
        value !== '.' &&
        value !== '..' &&
        !value.includes('/') &&
        Buffer.byteLength(value) < 200,
    );
    return [...new Set(fit.map((value) => value.normalize('NFC')))];
  };

  it('as arguments', async () => {
    for (const batch of batches(values(30_000), 600)) {
      expect(await told({ argv: ['printf', '%s\\0', ...batch] })).toEqual(batch);
    }
    expect(tripwire.sprung).toEqual([]);
  });

  it('as arguments of a command that has an input', async () => {
    for (const batch of batches(values(5_000), 100)) {
      const argv = ['sh', '-c', 'printf "%s\\0" "$@"; cat', 'sh', ...batch];
      expect(await told({ argv }, { stdin: 'the input\0' })).toEqual([...batch, 'the input']);
    }
    expect(tripwire.sprung).toEqual([]);
  });

  it('as environment variables', async () => {
    for (const batch of batches(values(15_000), 500)) {
      const env = Object.fromEntries(batch.map((value, index) => [`V_${index}`, value]));
      const set = new Set(await told({ argv: ['env', '-0'] }, { env }));
      expect(batch.filter((value, index) => !set.has(`V_${index}=${value}`))).toEqual([]);
    }
    expect(tripwire.sprung).toEqual([]);
  });

  it('as input', async () => {
    for (const batch of batches(values(10_000), 1_000)) {
      expect(await told({ argv: ['cat'] }, { stdin: batch.map((value) => `${value}\0`).join('') })).toEqual(
        batch,
      );
    }
    expect(tripwire.sprung).toEqual([]);
  });

  it('as the words of a shell script, in {{ }}, alone and inside a longer word', async () => {
    for (const batch of batches(values(20_000), 500)) {
      const layer = facts({ found: { lines: batch } });
      const text = `printf '%s\\0' {{ found.lines }}\n{{#each found.lines as |line|}}printf '%s\\0' a={{ line }}/b\n{{/each}}`;
      const script = render({ value: text, locate: () => at }, Variables.of([layer]), 'shell');
      expect(await told({ script: String(script) })).toEqual([
        ...batch,
        ...batch.map((value) => `a=${value}/b`),
      ]);
    }
    expect(tripwire.sprung).toEqual([]);
  });

  it('as words of a command line, which no shell sees', () => {
    for (const batch of batches(values(5_000), 50)) {
      const line = batch.map((_, index) => `{{ v${index} }}`).join(' ');
      const variables = Variables.of([
        facts(Object.fromEntries(batch.map((value, index) => [`v${index}`, value]))),
      ]);
      const rendered = render({ value: `run ${line}`, locate: () => at }, variables, 'shell');
      expect(argvSchema.parse(rendered)).toEqual(['run', ...batch]);
    }
  });

  it('as what a host told, which is never a template', () => {
    for (const value of values(10_000)) {
      const variables = Variables.of([
        facts({ found: { stdout: value } }),
        { name: 'group_vars', values: { derived: '<{{ found.stdout }}>' } },
      ]);
      const rendered = render(
        { value: { a: '{{ found.stdout }}', b: ['x{{ derived }}'] }, locate: () => at },
        variables,
      );
      expect(rendered).toEqual({ a: value, b: [`x<${value}>`] });
      expect(renderFile({ file: 't.hbs', text: '{{ found.stdout }}|{{{ derived }}}' }, variables)).toBe(
        `${value}|<${value}>`,
      );
    }
  });

  it('as what a condition is about, which is never an expression', () => {
    const same = parseCondition('found.stdout == expected && found.stdout in [expected]', at);
    const other = parseCondition("found.stdout == 'none of them' || size(found.stdout) < 0", at);
    for (const value of values(5_000)) {
      const variables = Variables.of([facts({ found: { stdout: value }, expected: value })]);
      expect([evaluateCondition(same, variables), evaluateCondition(other, variables)]).toEqual([
        true,
        false,
      ]);
    }
  });

  it('as what a task registered, through loops, facts, messages and conditions of the tasks after it', async () => {
    const all = [...new Set(values(200, 1))].filter((value) => value.trimEnd() === value);
    const stage = new AdHocStage();
    stage.command('tell', exited(0, all.join('-next-')));
    const { turns } = await stage.tasks(`- shell: tell
  register: told
- set_fact: { kept: "{{ split told.stdout separator }}" }
  vars: { separator: "-next-" }
- command: { argv: [say, "{{ item }}"] }
  loop: "{{ kept }}"
  when: item == item && item in kept
- assert: { that: [size(kept) == ${all.length}] }`);

    expect(turns.map(({ error }) => error)).toEqual([undefined]);
    const said = stage.fleet.transport.commands.flatMap(({ command }) =>
      'argv' in command && command.argv[0] === 'say' ? [command.argv[1]] : [],
    );
    expect(said).toEqual(all);
    expect(stage.endings.at(-1)).toBe('i-1 assert: ok');
  });

  it('as variables and labels of containers; names that are none are refused', () => {
    for (const value of values(3_000)) {
      const { env, labels } = containerSchema.parse({ name: 'api', env: { A: value }, labels: { a: value } });
      expect([env['A'], labels['a']]).toEqual([value, value]);
      const named = containerSchema.safeParse({ name: value });
      // What passes is nothing but what Docker allows, and means nothing in a path.
      if (named.success) expect(named.data.name).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/);
    }
  });

  it('as folders that commands run in', async () => {
    for (const name of names(60)) {
      mkdirSync(join(folder, name), { recursive: true });
      // As the first words of a relative path, too: a dash or a tilde means nothing there.
      const script = `printf '%s\\0' "$(pwd -P; echo .)"`;
      expect(await told({ script }, { cwd: join(folder, name) })).toEqual([`${join(folder, name)}\n.`]);
    }
    expect(tripwire.sprung).toEqual([]);
  });

  it('as paths of files that are looked at, written, read and removed', async () => {
    const files = new TransportFiles(new LocalTransport(systemClock)).on(host, { become: false });
    const base = temporaryFolder('files', folder);
    const paths = names(300).map((name) => join(base, name));
    paths.forEach((path, index) => writeFileSync(path, 'x'.repeat(index)));

    const looks = (
      await Promise.all(batches(paths, 400).map(async (batch) => files.look(batch.map((path) => ({ path })))))
    ).flat();
    expect(looks.map(({ path, stat }) => [path, stat?.kind, stat?.size])).toEqual(
      paths.map((path, index) => [path, 'file', index]),
    );
    for (const path of paths.slice(0, 40)) {
      const bytes = Buffer.from(path);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      await files.write(path, { open: () => bytes, size: bytes.length, sha256 });
      expect(Buffer.from((await files.read(path, 10_000))!).toString()).toBe(path);
      await files.shape(path, { kind: 'absent' });
      expect((await files.look([{ path }]))[0]?.stat).toBeUndefined();
    }
    expect(tripwire.sprung).toEqual([]);
  });

  it('and they were a hundred thousand', () => {
    expect(count).toBeGreaterThanOrEqual(100_000);
  });
});

describe('what cannot be sent byte for byte is refused', () => {
  const sent: readonly (readonly [string, (value: string) => Promise<unknown>])[] = [
    ['an argument', (value) => connection.run({ argv: ['echo', value] })],
    ['a variable', (value) => connection.run({ argv: ['true'] }, { env: { A: value } })],
    ['a folder', (value) => connection.run({ argv: ['true'] }, { cwd: value })],
    ['a script', (value) => connection.run({ script: `echo ${value}` })],
    ['an argument of a stream', async (value) => connection.stream(['echo', value])],
  ];
  it.each(sent)('as %s: a NUL, and half of a character', async (_, send) => {
    for (const value of ['a\0b', 'a\ud800b', '\udc00']) {
      await expect((async () => send(value))()).rejects.toMatchObject({ code: 'command.argument' });
    }
  });

  it('as input: half of a character; a NUL passes', async () => {
    await expect(connection.run({ argv: ['cat'] }, { stdin: '\ud800' })).rejects.toMatchObject({
      code: 'command.argument',
    });
    expect(await told({ argv: ['cat'] }, { stdin: 'a\0b\0' })).toEqual(['a', 'b']);
  });

  it.each(['A=B', 'A B', '', '1A', 'A;touch x', 'A\n', 'é', '-n'])(
    'as a name of a variable: %j',
    async (name) => {
      await expect(connection.run({ argv: ['true'] }, { env: { [name]: 'x' } })).rejects.toMatchObject({
        code: 'command.environment',
      });
    },
  );
});
