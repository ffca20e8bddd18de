import { expect, it } from 'vitest';
import { FleetStage } from '../stages/fleet-stage.js';

const answer = 'os.ID=debian\nos.VERSION_ID=12\narchitecture=x86_64\nmemory.total=2048000\nclock=5\nend=1\n';

function stageThatTells(hosts = 1): FleetStage {
  const stage = new FleetStage({ hosts });
  stage.transport.when(({ text }) =>
    text.includes('os-release') ? { outcome: { kind: 'exited', code: 0 }, stdout: answer } : undefined,
  );
  return stage;
}
const asked = (stage: FleetStage): readonly string[] =>
  stage.transport.commands.filter(({ text }) => text.includes('os-release')).map(({ host }) => host.id);
const play = (keywords: string, tasks: string): string =>
  `- hosts: api\n  ${keywords}\n  tasks:\n    ${tasks}\n`;

it('asks each host once, with one command, before the first task', async () => {
  const stage = stageThatTells(2);
  const result = await stage.run(
    play(
      'gather_facts: true',
      `- shell: date
      when: facts.distribution == "debian" && facts.memory.total_mb >= 2000
    - debug: '{{ facts.distribution_version }} {{ facts.architecture }}'
      name: say`,
    ),
  );

  expect(result).toMatchObject({ exit: 0 });
  expect(asked(stage).toSorted()).toEqual(['i-1', 'i-2']);
  expect(stage.transport.commands).toHaveLength(4);
  expect(
    stage
      .told('task.ended')
      .filter(({ task }) => task.name === 'say')
      .map(({ message }) => message),
  ).toEqual(['12 x86_64', '12 x86_64']);
});

it('is not done when a play does not ask for it', async () => {
  const stage = stageThatTells();
  await stage.run(play('gather_facts: false', '- shell: date'));

  expect(asked(stage)).toEqual([]);
});

it('is done in a dry run, and whatever tags are chosen', async () => {
  const stage = stageThatTells();
  await stage.run(play('gather_facts: true', "- debug: '{{ facts.kernel }}'\n      tags: x"), {
    check: true,
    tags: ['x'],
  });

  expect(asked(stage)).toEqual(['i-1']);
});

it('is a module too', async () => {
  const stage = stageThatTells();
  const result = await stage.run(play('name: x', "- setup:\n    - debug: '{{ facts.distribution }}'"));

  expect(result).toMatchObject({ exit: 0 });
  expect(asked(stage)).toEqual(['i-1']);
});

it.each([
  ['{{ facts.distributon }}', '"facts" has no "distributon"', 'Did you mean "distribution"?'],
  ['{{ facts.memory.total }}', '"facts.memory" has no "total"', 'total_mb'],
])('a fact that does not exist is refused before the run: %s', async (text, message, hint) => {
  const stage = stageThatTells();
  const played = stage.run(play('gather_facts: true', `- debug: '${text}'`));

  await expect(played).rejects.toMatchObject({ message, hint: expect.stringContaining(hint) as string });
  expect(asked(stage)).toEqual([]);
});
