import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { PersonPrompt } from '../../src/ports/secret-keeper.js';
import { listPlaybookWith } from '../../src/operate/list-playbook.js';
import { deployOptions, FleetStage, packaged } from '../stages/fleet-stage.js';
import { complaints } from '../stages/loaded-playbook.js';

/** A person who answers so; undefined where they leave. `asked` is what they saw, with `*` for questions whose answers are not shown. */
function personWith(
  ...answers: readonly (string | undefined)[]
): PersonPrompt & { readonly asked: string[] } {
  const left = [...answers];
  const asked: string[] = [];
  return {
    asked,
    ask: async (question) => {
      asked.push(`* ${question}`);
      const answer = left.shift();
      return answer === undefined ? undefined : new Secret(answer);
    },
    askOpenly: async (question) => {
      asked.push(question);
      return left.shift();
    },
  };
}

const play = (prompts: string, task = 'shell: "use {{ answer }}"'): string =>
  `- hosts: api\n  vars: { answer: from vars }\n  vars_prompt: [${prompts}]\n  tasks: [{ ${task} }]\n`;

const openly = '{ name: answer, prompt: Which one?, private: false }';
const withDefault = '{ name: answer, prompt: Which one?, private: false, default: 5060 }';
const extra = (values: Readonly<Record<string, unknown>>) => ({
  extraVars: [{ name: 'extra vars', values }],
});

const ran = ({ transport }: FleetStage): readonly string[] =>
  transport.commands.map(({ text }) => text.trim());
const connected = ({ world }: FleetStage): boolean =>
  world.calls.log.some(({ port }) => port === 'transport');

describe('vars_prompt', () => {
  it('asks once for all hosts, before any of them is connected to', async () => {
    const stage = new FleetStage({ hosts: 3 });
    const person = personWith('it');
    const early: boolean[] = [];
    const prompt = {
      ...person,
      askOpenly: (question: string) => {
        early.push(!connected(stage));
        return person.askOpenly(question);
      },
    };
    expect(await stage.run(play(openly), {}, { prompt })).toMatchObject({ exit: 0 });
    expect(person.asked).toEqual(['Which one?']);
    expect(early).toEqual([true]);
    expect(ran(stage)).toEqual(["use 'it'", "use 'it'", "use 'it'"]);
  });

  it.each([
    ['an empty answer is the default, as text', withDefault, [''], ['Which one? [5060]'], "use '5060'"],
    ['an answer is more than the default', withDefault, ['7'], ['Which one? [5060]'], "use '7'"],
    [
      'without prompt the name is asked for',
      '{ name: answer, private: false }',
      ['x'],
      ['answer'],
      "use 'x'",
    ],
    ['an answer is no template', openly, ['{{ env }}'], ['Which one?'], "use '{{ env }}'"],
    [
      'answers that differ are asked for again',
      '{ name: answer, prompt: Which?, private: false, confirm: true, unsafe: true }',
      ['a', 'b', 'c', 'c'],
      ['Which?', 'Once more: Which?', 'The answers differ. Which?', 'Once more: Which?'],
      "use 'c'",
    ],
    ['the same of two prompts is asked once', `${openly}, ${openly}`, ['one'], ['Which one?'], "use 'one'"],
  ])('%s', async (_, prompts, answers, asked, command) => {
    const stage = new FleetStage({ hosts: 1 });
    const prompt = personWith(...answers);
    expect(await stage.run(play(prompts), {}, { prompt })).toMatchObject({ exit: 0 });
    expect(prompt.asked).toEqual(asked);
    expect(ran(stage)).toEqual([command]);
  });

  it('takes an answer as private, unless the playbook says otherwise: it is a secret from then on', async () => {
    const stage = new FleetStage({ hosts: 1 });
    const prompt = personWith('s3cr3t-answer');
    const task = 'shell: "cat", args: { stdin: "{{ answer }}" }, register: it }, { debug: "{{ answer }}"';
    await stage.run(play('{ name: answer }', task), {}, { prompt });
    expect(prompt.asked).toEqual(['* answer']);
    expect(stage.transport.commands[0]?.options.stdin).toBe('s3cr3t-answer');
    expect(JSON.stringify(stage.events)).not.toContain('s3cr3t-answer');
    // No argument of a program, which everybody on the host could read.
    const inArgument = play('{ name: answer }', 'command: "use {{ answer }}"');
    await expect(stage.run(inArgument, {}, { prompt: personWith('s3cr3t-answer') })).rejects.toMatchObject({
      code: 'secret.in_argument',
    });
  });

  it('is answered beforehand by --extra-vars, and what is private is a secret then too', async () => {
    const stage = new FleetStage({ hosts: 1 });
    const prompt = personWith();
    const task = 'debug: "{{ answer }}"';
    expect(
      await stage.run(play('{ name: answer }', task), extra({ answer: 's3cr3t-extra' }), { prompt }),
    ).toMatchObject({ exit: 0 });
    expect(prompt.asked).toEqual([]);
    expect(stage.told('task.ended').map(({ message }) => message)).toEqual(['***']);
  });

  it('takes the default without a terminal, and is refused without one, before any host is connected to', async () => {
    const stage = new FleetStage({ hosts: 1 });
    const both = play('{ name: other, prompt: "Which?" }, { name: third }');
    await expect(stage.run(both)).rejects.toMatchObject({
      errors: [
        {
          code: 'playbook.no_answer',
          class: 'invalid',
          at: { line: 3, column: 25 },
          hint: expect.stringContaining('-e other=') as string,
        },
        { code: 'playbook.no_answer' },
      ],
    });
    expect(connected(stage)).toBe(false);
    expect(await stage.run(play(withDefault))).toMatchObject({ exit: 0 });
    expect(ran(stage)).toEqual(["use '5060'"]);
  });

  it('stops before anything is done when the person leaves', async () => {
    const stage = new FleetStage({ hosts: 1 });
    const prompt = personWith();
    const left: PersonPrompt = {
      ...prompt,
      askOpenly: async () => {
        stage.interrupt('SIGINT');
        return undefined;
      },
    };
    await expect(stage.run(play(openly), {}, { prompt: left })).rejects.toMatchObject({
      code: 'run.interrupted',
    });
    expect(connected(stage)).toBe(false);
  });

  it('is above vars and below vars_files', async () => {
    const files = { 'more.yml': 'answer: from a file' };
    const stage = new FleetStage({ hosts: 1, files });
    const text = play(openly).replace('  tasks', '  vars_files: [more.yml]\n  tasks');
    await stage.run(text, {}, { prompt: personWith('typed') });
    expect(ran(stage)).toEqual(["use 'from a file'"]);
  });

  it('is not asked by what only lists', async () => {
    const stage = new FleetStage({ hosts: 1 });
    stage.adHoc = play(openly);
    const { project, environment, extraVars, check } = deployOptions;
    const options = { project, environment, extraVars, check, playbook: 'playbook.yml' };
    const prompt = personWith('typed');
    const hooks = { ...stage.hooks, prompt };
    await listPlaybookWith(await stage.ports(), options, hooks);
    expect(prompt.asked).toEqual([]);
  });
});

describe('vars_prompt in the playbook of a deploy', () => {
  const asking = (prompts: string): string =>
    packaged.replace(/^( +)hosts:/m, `$1vars_prompt: [${prompts}]\n$1hosts:`);

  it('asks no person: it takes --extra-vars or a default, and is refused without them', async () => {
    const prompt = personWith('typed');
    const refused = new FleetStage({ hosts: 1, playbook: asking(openly) });
    await expect(refused.deploy({}, { prompt })).rejects.toMatchObject({ code: 'playbook.no_answer' });
    expect(refused.mutations).toEqual([]);
    for (const [prompts, given] of [
      [openly, extra({ answer: 'x' })],
      [withDefault, {}],
    ] as const) {
      const stage = new FleetStage({ hosts: 1, playbook: asking(prompts), rollout: { min_healthy: 0 } });
      expect(await stage.deploy(given, { prompt })).toMatchObject({ exit: 0 });
    }
    expect(prompt.asked).toEqual([]);
  });
});

it.each([
  ['7', '"vars_prompt" must be a list'],
  ['[answer]', '"vars_prompt" must be a list of mappings'],
  ['[{ prompt: Which? }]', 'the prompt has no "name"'],
  ['[{ name: a-b }]', '"a-b" in "name" is not a name that a template can use'],
  ['[{ name: a, privat: false }]', 'unknown keyword "privat" in a prompt | Did you mean "private"'],
  ['[{ name: a, encrypt: sha512_crypt }]', 'ask for the hash itself'],
  ['[{ name: a, unsafe: false }]', 'never a template'],
  ['[{ name: a, private: no }]', 'write false'],
  ['[{ name: a, default: "{{ b }}" }]', '"default" must be text without templates'],
  ['[{ name: a, default: [b] }]', '"default" must be text'],
])('vars_prompt: %s is refused in the file', async (prompts, says) => {
  const [complaint = ''] = await complaints(`- hosts: api\n  vars_prompt: ${prompts}\n  tasks: []\n`);
  expect(complaint).toMatch(/^2:/);
  expect(complaint).toContain(says);
});
