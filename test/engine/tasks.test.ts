import { describe, expect, it } from 'vitest';
import type { AdfError } from '../../src/errors/adf-error.js';
import { AdHocStage, exited } from '../stages/ad-hoc-stage.js';

const errorsOf = (result: { readonly turns: readonly { readonly error?: AdfError }[] }): readonly string[] =>
  result.turns.flatMap(({ error }) => error?.code ?? []);

describe('when', () => {
  it('runs a task only where it holds', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    await stage.tasks("- shell: date\n  when: name == 'i-2'");
    expect(stage.commands).toEqual(['i-2 date']);
    expect(stage.endings).toEqual(['i-1 shell: skipped', 'i-2 shell: changed']);
  });

  it('with a list needs all of it', async () => {
    const stage = new AdHocStage();
    await stage.tasks("- shell: date\n  when: [colour == 'blue', name == 'i-9']");
    expect(stage.commands).toEqual([]);
  });

  it('with an error fails the task and does not run it', async () => {
    const stage = new AdHocStage();
    const result = await stage.tasks('- shell: date\n  when: colour > 3');
    expect(stage.commands).toEqual([]);
    expect(errorsOf(result)).toEqual(['condition.type']);
  });
});

describe('register', () => {
  it('keeps the result for later tasks of the host', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    stage.command('hostname', exited(0, 'one\n'), exited(0, 'two\n'));
    await stage.tasks(
      "- shell: hostname\n  register: found\n- debug: 'it is {{ found.stdout }}, rc {{ found.rc }}'",
    );
    expect(stage.said('debug')).toEqual(['it is one, rc 0', 'it is two, rc 0']);
  });

  it('keeps what failed, and what was skipped', async () => {
    const stage = new AdHocStage();
    stage.command('false', exited(3));
    await stage.tasks(`
- shell: 'false'
  register: bad
  ignore_errors: true
- shell: date
  when: false
  register: none
- debug: '{{ bad.failed }} {{ bad.rc }} {{ none.skipped }} {{ none.changed }}'
`);
    expect(stage.said('debug')).toEqual(['true 3 true false']);
  });

  it('keeps data, which is never a template', async () => {
    const stage = new AdHocStage();
    stage.command('cat it', exited(0, '{{ colour }}'));
    await stage.tasks("- shell: cat it\n  register: found\n- debug: '{{ found.stdout }}'");
    expect(stage.said('debug')).toEqual(['{{ colour }}']);
  });
});

describe('loop', () => {
  it('runs the task for each item, and keeps all results', async () => {
    const stage = new AdHocStage();
    stage.command(/^echo/, exited(0, 'x'), exited(0, 'y'));
    await stage.tasks(`
- shell: echo {{ item }}
  loop: '{{ names }}'
  register: said
- debug: '{{ said.results.[0].stdout }}{{ said.results.[1].stdout }} {{ said.changed }}'
`);
    expect(stage.commands.map(unquoted)).toEqual(['i-1 echo a', 'i-1 echo b']);
    expect(stage.said('debug')).toEqual(['xy true']);
  });

  it('skips the items for which the condition is false', async () => {
    const stage = new AdHocStage();
    await stage.tasks("- shell: echo {{ item }}\n  loop: [a, b]\n  when: item == 'b'");
    expect(stage.commands.map(unquoted)).toEqual(['i-1 echo b']);
    expect(stage.endings).toEqual(['i-1 shell: changed']);
  });

  it('is skipped when it is empty', async () => {
    const stage = new AdHocStage();
    await stage.tasks('- shell: date\n  loop: []');
    expect(stage.endings).toEqual(['i-1 shell: skipped']);
  });

  it('goes on after an item that failed, and has failed in the end', async () => {
    const stage = new AdHocStage();
    stage.command(/^try 'a/, exited(1));
    await stage.tasks(`
- shell: try {{ item }}
  loop: [a, b]
  ignore_errors: true
  register: tried
- debug: '{{ tried.failed }} {{ tried.changed }}'
`);
    expect(stage.commands.map(unquoted)).toEqual(['i-1 try a', 'i-1 try b']);
    expect(stage.endings[0]).toBe('i-1 shell: failed, ignored');
    expect(stage.said('debug')).toEqual(['true true']);
  });

  it('tells that it failed also when the host was lost', async () => {
    const stage = new AdHocStage();
    stage.fleet.host('i-1').lose();
    await stage.tasks(`
- uri: { port: 5060 }
  loop: [a]
  ignore_unreachable: true
  register: asked
- debug: '{{ asked.failed }}'
`);
    expect(stage.said('debug')).toEqual(['true']);
  });

  it('wants a list', async () => {
    const stage = new AdHocStage();
    expect(errorsOf(await stage.tasks("- shell: date\n  loop: '{{ colour }}'"))).toEqual(['playbook.loop']);
  });
});

describe('until', () => {
  it('tries again until it holds, with a delay in between', async () => {
    const stage = new AdHocStage();
    stage.command('ready?', exited(1), exited(1), exited(0));
    const begun = stage.fleet.world.clock.elapsed();
    await stage.tasks('- shell: ready?\n  until: result.rc == 0\n  retries: 5\n  delay: 10');
    expect(stage.commands).toHaveLength(3);
    expect(stage.fleet.world.clock.elapsed() - begun).toBe(20_000);
    expect(stage.endings).toEqual(['i-1 shell: changed']);
    expect(stage.fleet.told('task.retrying').map(({ attempt, of }) => [attempt, of])).toEqual([
      [1, 6],
      [2, 6],
    ]);
  });

  it('fails after the last retry, with what the task itself said', async () => {
    const stage = new AdHocStage();
    stage.command('ready?', exited(7));
    const failing = await stage.tasks('- shell: ready?\n  until: result.rc == 0\n  retries: 2\n  delay: 1');
    expect(stage.commands).toHaveLength(3);
    expect(errorsOf(failing)).toEqual(['command.failed']);
    const never = await stage.tasks("- shell: date\n  until: result.stdout == 'x'\n  retries: 0\n  delay: 1");
    expect(errorsOf(never)).toEqual(['task.until']);
  });

  it('waits for a server that does not answer yet', async () => {
    const stage = new AdHocStage();
    stage.fleet.host('i-1').named('api')!.stop('world');
    stage.fleet.world.clock.after(25_000, () => stage.fleet.host('i-1').named('api')!.start('world'), true);
    await stage.tasks('- uri: { port: 5060 }\n  until: result.status == 200\n  retries: 10\n  delay: 5');
    expect(stage.endings).toEqual(['i-1 uri: ok']);
  });

  it('takes a condition on what a failed attempt does not tell for one that does not hold', async () => {
    const stage = new AdHocStage();
    stage.command('ready?', { outcome: { kind: 'signalled', signal: 'SIGKILL' } }, exited(0));
    await stage.tasks('- shell: ready?\n  until: result.rc == 0\n  retries: 3\n  delay: 1');
    expect(stage.endings).toEqual(['i-1 shell: changed']);
  });

  it('never runs a command again whose outcome is unknown', async () => {
    const stage = new AdHocStage();
    stage.command('migrate', { outcome: { kind: 'unknown', reason: 'connection lost' } });
    const result = await stage.tasks(
      "- shell: migrate\n  until: result.stdout == 'done'\n  retries: 5\n  delay: 1",
    );
    expect(stage.commands).toEqual(['i-1 migrate']);
    expect(errorsOf(result)).toEqual(['command.unknown']);
  });
});

describe('failed_when and changed_when', () => {
  it('have the last word on a result', async () => {
    const stage = new AdHocStage();
    stage.command('grep', exited(1));
    stage.command('check', exited(0, 'ERROR'));
    await stage.tasks(`
- { name: fine, shell: grep, failed_when: result.rc > 1 }
- { name: same, shell: date, changed_when: false }
- { name: bad, shell: check, register: it, failed_when: "it.stdout.contains('ERROR')", ignore_errors: true }
`);
    expect(stage.endings).toEqual(['i-1 fine: changed', 'i-1 same: ok', 'i-1 bad: failed, ignored']);
  });

  it('say which condition failed it', async () => {
    const stage = new AdHocStage();
    const result = await stage.tasks('- shell: date\n  failed_when: [result.rc == 0, true]');
    expect(result.turns[0]?.error?.message).toBe('failed_when holds: result.rc == 0 and true');
  });

  it('cannot make a success of an outcome that is unknown', async () => {
    const stage = new AdHocStage();
    stage.command('migrate', { outcome: { kind: 'unknown', reason: 'connection lost' } });
    expect(errorsOf(await stage.tasks('- shell: migrate\n  failed_when: false'))).toEqual([
      'command.unknown',
    ]);
  });

  it('leave the reason of a failure to be seen that tells too little for them', async () => {
    const stage = new AdHocStage();
    stage.command('work', { outcome: { kind: 'signalled', signal: 'SIGKILL' } });
    expect(errorsOf(await stage.tasks('- shell: work\n  failed_when: result.rc > 1'))).toEqual([
      'command.failed',
    ]);
  });
});

describe('a failed task', () => {
  it('ends the turn of its host, and of no other', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    stage.command('work', exited(1), exited(0));
    const result = await stage.tasks('- shell: work\n- shell: more');
    expect(stage.commands).toEqual(['i-1 work', 'i-2 work', 'i-2 more']);
    expect(result.turns.map(({ status }) => status)).toEqual(['failed', 'ok']);
    expect(result.stopped).toBe(false);
  });

  it('is passed over with ignore_errors, but not on a lost host', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    stage.command('work', exited(1));
    stage.fleet.host('i-2').lose();
    const result = await stage.tasks('- shell: work\n  ignore_errors: true\n- shell: more');
    expect([...stage.endings].sort()).toEqual([
      'i-1 shell: changed',
      'i-1 shell: failed, ignored',
      'i-2 shell: unreachable',
    ]);
    expect(result.turns.map(({ status }) => status)).toEqual(['ok', 'unreachable']);
  });

  it('is passed over on a lost host with ignore_unreachable', async () => {
    const stage = new AdHocStage();
    stage.fleet.host('i-1').lose();
    const result = await stage.tasks('- shell: work\n  ignore_unreachable: true');
    expect(stage.endings).toEqual(['i-1 shell: unreachable, ignored']);
    expect(result.turns[0]?.status).toBe('ok');
  });

  it('keeps its host out of later plays', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    stage.command('work', exited(1), exited(0));
    await stage.play(`
- hosts: all
  tasks: [shell: work]
- hosts: all
  tasks: [shell: more]
`);
    expect(stage.commands).toEqual(['i-1 work', 'i-2 work', 'i-2 more']);
  });

  it('names the argument that does not fit, and where it stands', async () => {
    const stage = new AdHocStage();
    const result = await stage.tasks("- uri: { port: '{{ colour }}' }");
    expect(result.turns[0]?.error).toMatchObject({
      code: 'playbook.arguments',
      at: { file: 'playbook.yml', line: 3, column: 20 },
    });
    expect(result.turns[0]?.error?.message).toMatch(/^uri: port: /);
  });
});

describe('timeout', () => {
  it('ends a task that takes too long', async () => {
    const stage = new AdHocStage();
    const result = await stage.tasks('- pause: 1000\n  timeout: 30');
    expect(stage.fleet.world.clock.elapsed()).toBe(30_000);
    expect(result.turns[0]?.error).toMatchObject({
      code: 'task.timeout',
      message: 'The task did not end within 30 s.',
    });
  });

  it('is for one attempt, not for all', async () => {
    const stage = new AdHocStage();
    await stage.tasks(
      '- pause: 20\n  timeout: 30\n  until: attempts > 3\n  retries: 1\n  delay: 20\n  vars: { attempts: 0 }',
    );
    expect(stage.fleet.told('task.ended')[0]?.error?.code).toBe('task.until');
  });
});

describe('no_log', () => {
  it('hides the message, the output and the error, wherever they would show', async () => {
    const stage = new AdHocStage();
    stage.command(/hunter22/, exited(1, 'hunter22', 'hunter22 is wrong'));
    const result = await stage.tasks(
      '- shell: login hunter22\n  no_log: true\n  until: result.rc == 0\n  retries: 1\n  delay: 1',
    );
    expect(stage.fleet.told('task.retrying')).toHaveLength(1);
    expect(JSON.stringify(stage.fleet.events)).not.toContain('hunter22');
    expect(JSON.stringify(result.turns.map(({ error }) => error?.message))).not.toContain('hunter22');
    expect(errorsOf(result)).toEqual(['command.failed']);
  });
});

describe('run_once', () => {
  it('runs on the first eligible host; the others wait, and share its result', async () => {
    const stage = new AdHocStage({ hosts: 3 });
    stage.command('migrate', exited(0, 'migrated'));
    await stage.tasks(
      "- { shell: migrate, run_once: true, register: it, when: name != 'i-1' }\n- debug: '{{ it.stdout }}'",
    );
    expect(stage.commands).toEqual(['i-2 migrate']);
    expect(stage.said('debug')).toContain('migrated');
    expect(stage.endings.filter((ending) => ending.includes('shell')).sort()).toEqual([
      'i-1 shell: skipped',
      'i-2 shell: changed',
      'i-3 shell: ok',
    ]);
  });

  it('runs once in a play, not once in a batch', async () => {
    const stage = new AdHocStage({ hosts: 3 });
    await stage.tasks('- { shell: migrate, run_once: true }', 'serial: 1');
    expect(stage.commands).toEqual(['i-1 migrate']);
  });

  it.each([
    ['play', ['i-1 migrate', 'i-1 work', 'i-2 work', 'i-3 work']],
    ['batch', ['i-1 migrate', 'i-1 work', 'i-2 work', 'i-3 migrate', 'i-3 work']],
  ])('%s says for which hosts', async (scope, commands) => {
    const stage = new AdHocStage({ hosts: 3 });
    await stage.tasks(`- { command: migrate, run_once: ${scope} }\n- command: work`, 'serial: 2');
    expect(stage.commands).toEqual(commands);
  });

  it('holds for the tasks of a block, which may say otherwise', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    await stage.tasks(
      '- run_once: true\n  block:\n    - command: one\n    - { command: all, run_once: false }',
    );
    expect(stage.commands).toEqual(['i-1 one', 'i-1 all', 'i-2 all']);
  });

  // What ansible-core 2.14 counted with the same plays.
  it('is counted where it ran, and its values are known everywhere', async () => {
    const stage = new AdHocStage({ hosts: 3 });
    stage.command('false', exited(1));
    const { turns } = await stage.tasks(
      `
- { command: 'false', when: name == 'i-1' }
- { command: once, run_once: true, register: r }
- { set_fact: { chosen: '{{ name }}' }, run_once: true }
- command: '{{ r.outcome }} {{ chosen }}'`,
      'strategy: linear',
    );
    expect(stage.commands).toEqual(['i-1 false', 'i-2 once', 'i-2 exited i-2', 'i-3 exited i-2']);
    const counts = turns.map(({ session: { run, host } }) => run.tally.of(host.id));
    expect(counts).toMatchObject([
      { ok: 0, changed: 0, failed: 1, skipped: 0 },
      { ok: 3, changed: 2, failed: 0, skipped: 1 },
      { ok: 1, changed: 1, failed: 0, skipped: 1 },
    ]);
  });

  it('that fails is counted where it ran, and all are out', async () => {
    const stage = new AdHocStage({ hosts: 3 });
    stage.command('once', exited(1));
    const { turns } = await stage.tasks(
      '- command: a\n- { command: once, run_once: true }\n- command: never',
      'strategy: linear',
    );
    expect(stage.commands).toEqual(['i-1 a', 'i-2 a', 'i-3 a', 'i-1 once']);
    expect(turns.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    const counts = turns.map(({ session: { run, host } }) => run.tally.of(host.id));
    expect(counts).toMatchObject([
      { ok: 1, changed: 1, failed: 1 },
      { ok: 1, changed: 1, failed: 0 },
      { ok: 1, changed: 1, failed: 0 },
    ]);
  });

  it('in a block is rescued on every host, and nowhere when no block could put it right', async () => {
    const tasks = '- block:\n    - { command: once, run_once: true }\n  rescue:\n    - command: rescue';
    const stage = new AdHocStage({ hosts: 2 });
    stage.command('once', exited(1));
    const { turns } = await stage.tasks(tasks);
    expect(stage.commands).toEqual(['i-1 once', 'i-1 rescue', 'i-2 rescue']);
    expect(turns.map(({ status }) => status)).toEqual(['ok', 'ok']);
    const other = new AdHocStage({ hosts: 2 });
    other.command('once', { outcome: { kind: 'interrupted', reason: 'the host was restarted' } });
    await other.tasks(tasks);
    expect(other.commands).toEqual(['i-1 once']);
  });

  it('fails the play when it fails', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    stage.command('migrate', exited(1));
    const result = await stage.tasks('- { shell: migrate, run_once: true }\n- shell: more');
    expect(stage.commands).toEqual(['i-1 migrate']);
    expect(errorsOf(result)).toEqual(['command.failed', 'task.run_once']);
    expect(result.stopped).toBe(true);
  });

  it('is not tried on another host after the first was lost in it', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    stage.fleet.host('i-1').lose();
    const result = await stage.tasks('- { shell: migrate, run_once: true }');
    expect(stage.commands).toEqual([]);
    expect(result.stopped).toBe(true);
  });
});

describe('variables', () => {
  it('have extra vars above facts, facts above task vars, those above the play and the inventory', async () => {
    const stage = new AdHocStage({ extraVars: { top: 'extra' } });
    await stage.play(`
- hosts: all
  vars: { colour: play, low: play, top: play }
  tasks:
    - { name: one, debug: '{{ colour }} {{ low }} {{ top }}', vars: { colour: task, top: task } }
    - set_fact: { colour: fact, top: fact }
    - { name: two, debug: '{{ colour }} {{ low }} {{ top }}', vars: { colour: task } }
`);
    expect([...stage.said('one'), ...stage.said('two')]).toEqual(['task play extra', 'fact play extra']);
  });

  it('are quoted for sh in a script, and reach a program as they are', async () => {
    const stage = new AdHocStage({ extraVars: { evil: "a'b; rm -rf $HOME" } });
    await stage.tasks("- shell: echo {{ evil }}\n- command: { argv: [echo, '{{ evil }}'] }");
    const [script, program] = stage.fleet.transport.commands.map(({ command }) => command);
    expect(script).toEqual({ script: `echo 'a'\\''b; rm -rf $HOME'` });
    expect(program).toEqual({ argv: ['echo', "a'b; rm -rf $HOME"] });
  });

  it('of the environment go to the command, those of the task above those of the play', async () => {
    const stage = new AdHocStage();
    await stage.tasks(
      "- shell: date\n  environment: { A: '{{ colour }}' }\n  become: true",
      'environment: { A: play, B: 1 }',
    );
    expect(stage.fleet.transport.commands[0]?.options).toMatchObject({
      env: { A: 'blue', B: '1' },
      become: true,
    });
  });
});

describe('tags', () => {
  const text = `
- { name: plain, debug: x }
- { name: tagged, debug: x, tags: [deploy] }
- { name: always, debug: x, tags: [always] }
- { name: never, debug: x, tags: [never, debug] }
`;
  const chosen = async (only: readonly string[] | undefined, skip: readonly string[] = []) => {
    const stage = new AdHocStage({ tags: { ...(only === undefined ? {} : { only }), skip } });
    await stage.tasks(text);
    return stage.endings.map((ending) => ending.replace(/^i-1 (\w+): ok$/, '$1'));
  };

  it.each<[string, readonly string[] | undefined, readonly string[], readonly string[]]>([
    ['nothing', undefined, [], ['plain', 'tagged', 'always']],
    ['all', ['all'], [], ['plain', 'tagged', 'always']],
    ['a tag', ['deploy'], [], ['tagged', 'always']],
    ['untagged', ['untagged'], [], ['plain', 'always']],
    ['tagged', ['tagged'], [], ['tagged', 'always']],
    ['a tag of one that never runs', ['debug'], [], ['always', 'never']],
    ['never itself', ['never'], [], ['always', 'never']],
    ['a tag, without another', undefined, ['deploy'], ['plain', 'always']],
    ['a tag, without always', ['deploy'], ['always'], ['tagged']],
    ['a tag that is also skipped', ['deploy'], ['deploy'], ['always']],
  ])('choose by %s', async (_, only, skip, tasks) => {
    expect(await chosen(only, skip)).toEqual(tasks);
  });

  it('of a play are those of all its tasks', async () => {
    const stage = new AdHocStage({ tags: { only: ['deploy'], skip: ['slow'] } });
    await stage.play(`
- hosts: all
  tags: [deploy]
  tasks:
    - { name: one, debug: x }
    - { name: two, debug: x, tags: [slow] }
- hosts: all
  tasks: [{ name: three, debug: x }]
`);
    expect(stage.endings).toEqual(['i-1 one: ok']);
  });
});

describe('strategy', () => {
  it('linear begins a task when all hosts have done the one before', async () => {
    const stage = new AdHocStage({ hosts: 3, forks: 1 });
    stage.command('fails', exited(1), exited(0));
    await stage.tasks('- { name: one, shell: fails }\n- { name: two, shell: b }', 'strategy: linear');
    const begun = stage.fleet.told('task.started').map(({ task }) => task.name);
    expect(begun).toEqual(['one', 'one', 'one', 'two', 'two']);
  });

  it.each(['i-1', 'i-2', 'i-3'])(
    'linear goes on in the order of the play when %s came last',
    async (slow) => {
      const stage = new AdHocStage({ hosts: 3 });
      await stage.tasks(
        `- { pause: 5s, when: name == '${slow}' }\n- { command: once, run_once: true }\n- command: all`,
        'strategy: linear',
      );
      expect(stage.commands).toEqual(['i-1 once', 'i-1 all', 'i-2 all', 'i-3 all']);
    },
  );

  it('free lets each host go at its own pace, with as many at once as forks says', async () => {
    const stage = new AdHocStage({ hosts: 3, forks: 1 });
    await stage.tasks('- { name: one, shell: a }\n- { name: two, shell: b }');
    const begun = stage.fleet.told('task.started').map(({ host, task }) => `${host.id} ${task.name}`);
    expect(begun).toEqual(['i-1 one', 'i-1 two', 'i-2 one', 'i-2 two', 'i-3 one', 'i-3 two']);
  });
});

describe('the failure budget', () => {
  /** Five hosts one by one; those of the list fail. */
  const roll = async (failing: readonly number[], keywords: string) => {
    const stage = new AdHocStage({ hosts: 5 });
    stage.fleet.transport.when(({ host }) =>
      failing.some((number) => host.id === `i-${number}`) ? exited(1) : undefined,
    );
    const result = await stage.tasks('- shell: work', `serial: ${keywords}`);
    return { ran: stage.commands.length, stopped: result.stopped };
  };

  it.each<[string, readonly number[], string, number, boolean]>([
    ['stops at the first failure', [2], '2\n  max_fail_percentage: 0', 2, true],
    ['is a share of the batch, as in Ansible', [1], '2\n  max_fail_percentage: 49', 2, true],
    ['is exceeded, not reached', [1], '[2, 2, 1]\n  max_fail_percentage: 50', 4, true],
    ['lets as many of a batch fail as it says', [1], '4\n  max_fail_percentage: 25', 4, true],
    ['compares all that failed so far with the batch', [1, 4], '3\n  max_fail_percentage: 50', 5, true],
    ['counts the last host', [5], '2\n  max_fail_percentage: 0', 5, true],
    ['of a number counts over the whole run', [1, 3], '2\n  max_failures: 1', 4, true],
    ['of a number lets that many fail', [1], '2\n  max_failures: 1', 5, false],
    ['of a share of the hosts rounds down', [1], '2\n  max_failures: 39%', 5, false],
    ['of 19% of five is none', [1], '2\n  max_failures: 19%', 2, true],
    ['of both is the stricter', [1], '2\n  max_failures: 3\n  max_fail_percentage: 49', 2, true],
    ['with any_errors_fatal is none', [1], '2\n  any_errors_fatal: true', 2, true],
    ['ends with a batch that failed as a whole', [1, 2], '2', 2, true],
    ['has no limit otherwise', [1, 3, 5], '[2, 2, 3]', 5, true],
  ])('%s', async (_, failing, keywords, ran, stopped) => {
    expect(await roll(failing, keywords)).toEqual({ ran, stopped });
  });

  it('counts a lost host like a failed one', async () => {
    const stage = new AdHocStage({ hosts: 3 });
    stage.fleet.host('i-1').lose();
    const result = await stage.tasks('- shell: work', 'serial: [2, 1]\n  max_fail_percentage: 0');
    expect(stage.commands).toEqual(['i-2 work']);
    expect(result).toMatchObject({ stopped: true });
    expect([...result.untouched]).toEqual(['i-3']);
  });

  it('counts the hosts that failed in earlier plays', async () => {
    const stage = new AdHocStage({ hosts: 3 });
    stage.fleet.host('i-1').lose();
    const first = '- hosts: all\n  tasks:\n    - shell: one\n';
    const second = '- hosts: all\n  max_fail_percentage: 0\n  tasks:\n    - shell: two\n';
    const result = await stage.play(first + second);
    expect(stage.commands).toEqual(['i-2 one', 'i-3 one']);
    expect(result).toMatchObject({ stopped: true, errors: [{ code: 'play.halted' }] });
  });
});

describe('a one-way task', () => {
  it('is in the journal before it runs', async () => {
    const stage = new AdHocStage();
    let recorded: readonly string[] = [];
    stage.fleet.transport.when(() => {
      recorded = stage.fleet.world.calls.of('journal');
      return undefined;
    });
    await stage.tasks('- { name: migrate, shell: go, one_way: true }');
    expect(recorded.at(-1)).toBe('append one_way.ran');
    expect(await stage.fleet.journal()).toMatchObject([
      { type: 'batch.started' },
      { type: 'one_way.ran', host: 'i-1', task: 'migrate' },
      { type: 'batch.ended' },
    ]);
  });

  it('does not count when it was skipped', async () => {
    const stage = new AdHocStage();
    await stage.tasks('- { name: migrate, shell: go, one_way: true, when: false }');
    expect((await stage.fleet.journal()).some(({ type }) => type === 'one_way.ran')).toBe(false);
  });
});

describe('a dry run', () => {
  it('runs no command, and knows no result of one: conditions on it are unknown, not false', async () => {
    const stage = new AdHocStage({ checkMode: true });
    await stage.tasks(`
- { name: ask, shell: date, register: it }
- { name: yes, debug: '{{ it.stdout }}', when: it.rc == 0 }
- { name: either, debug: 'shown', when: it.rc == 0 || colour == 'blue' }
- { name: never, debug: x, when: it.rc == 0 && colour == 'red' }
`);
    expect(stage.commands).toEqual([]);
    expect(stage.endings).toEqual([
      'i-1 ask: changed',
      'i-1 yes: skipped',
      'i-1 either: ok',
      'i-1 never: skipped',
    ]);
    expect(stage.said('yes')[0]).toContain('not known before the run: the result of "ask"');
    expect(stage.said('never')[0]).toBe('its condition is false');
  });

  it('writes no holds and no mutations', async () => {
    const stage = new AdHocStage({ checkMode: true });
    await stage.tasks('- elb_target: { state: drained, target_groups: [api-http] }\n- shell: date');
    expect(stage.fleet.mutations).toEqual([]);
    expect(
      stage.fleet.world.timeline.entries.some(({ by, type }) => by === 'program' && type !== 'traffic.read'),
    ).toBe(false);
  });
});

/** How a value is quoted in sh is shown elsewhere. */
function unquoted(command: string): string {
  return command.replaceAll("'", '');
}

describe('loop_control', () => {
  it('names the item and counts it, shows a label, and waits between two items', async () => {
    const stage = new AdHocStage();
    const begun = stage.fleet.world.clock.elapsed();
    await stage.tasks(`
- command: '{{ n }} {{ box.name }}'
  loop: [{ name: a, secret: x }, { name: b, secret: y }]
  loop_control: { loop_var: box, index_var: n, label: '{{ box.name }}', pause: 30s }
  when: n < 2
  register: all
- debug: '{{ all.results.[1].box.name }}'`);
    expect(stage.commands).toEqual(['i-1 0 a', 'i-1 1 b']);
    expect(stage.said('command')).toEqual(['a; b']);
    expect(stage.said('debug')).toEqual(['b']);
    expect(stage.fleet.world.clock.elapsed() - begun).toBeGreaterThanOrEqual(30_000);
  });
});

describe('args', () => {
  it('says more of the arguments of the module that it stands beside', async () => {
    const stage = new AdHocStage();
    await stage.tasks("- shell: date\n  args: { chdir: '{{ colour }}' }\n  vars: { colour: /srv }");
    expect(stage.fleet.transport.commands.map(({ options }) => options.cwd)).toEqual(['/srv']);
  });
});
