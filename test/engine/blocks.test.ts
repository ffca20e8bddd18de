import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { AdHocStage, exited, type AdHocOptions } from '../stages/ad-hoc-stage.js';

/** A stage on which commands that begin with `bad` fail. */
function stageOf(options: AdHocOptions = {}): AdHocStage {
  const stage = new AdHocStage(options);
  stage.command(/^bad/, exited(1));
  return stage;
}

/** What the one host was told to run. */
const ran = (stage: AdHocStage): readonly string[] =>
  stage.commands.map((command) => command.replace('i-1 ', ''));

const countsOf = (stage: AdHocStage): Readonly<Record<string, number>> => {
  const session = stage.last?.turns[0]?.session;
  if (session === undefined) throw new Error('there was no turn');
  return { ...session.run.tally.of(session.host.id) };
};

// Any tree of tasks and blocks, and what becomes of it by the words of Ansible's documentation.

type Node = string | { readonly block: Nodes; readonly rescue: Nodes; readonly always: Nodes };
type Nodes = readonly Node[];

const { nodes } = fc.letrec<{ readonly nodes: Nodes; readonly node: Node }>((tie) => ({
  nodes: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Node>('good', 'good', 'bad'),
    fc.record({
      block: tie('nodes'),
      rescue: fc.oneof(fc.constant([]), tie('nodes')),
      always: fc.oneof(fc.constant([]), tie('nodes')),
    }),
  ),
}));

/** Each task says where it is, so that what ran can be told apart. */
function yamlOf(tree: Nodes, indent: string, count = { next: 0 }): string {
  return tree
    .map((node) => {
      if (typeof node === 'string') return `${indent}- command: ${node}-${(count.next += 1)}\n`;
      const part = (key: 'block' | 'rescue' | 'always'): string =>
        node[key].length === 0 ? '' : `${indent}  ${key}:\n${yamlOf(node[key], `${indent}    `, count)}`;
      return `${indent}- name: a block\n${part('block')}${part('rescue')}${part('always')}`;
    })
    .join('');
}

interface Expected {
  readonly ran: readonly string[];
  readonly isGood: boolean;
  readonly rescued: number;
  readonly failed: number;
}

function expectedOf(tree: Nodes): Expected {
  const [names, run] = [[] as string[], [] as string[]];
  let [rescued, failed] = [0, 0];
  const number = (all: Nodes): Nodes =>
    all.map((node) => {
      if (typeof node === 'string') return names[names.push(`${node}-${names.length + 1}`) - 1] ?? '';
      return { block: number(node.block), rescue: number(node.rescue), always: number(node.always) };
    });
  /** Whether they end well. `isCaught` says that a rescue further out waits for their failure. */
  const play = (all: Nodes, isCaught: boolean): boolean =>
    all.every((node) => {
      if (typeof node === 'string') {
        run.push(node);
        const isGood = node.startsWith('good');
        if (!isGood && isCaught) rescued += 1;
        if (!isGood && !isCaught) failed += 1;
        return isGood;
      }
      const hasRescue = node.rescue.length > 0;
      const isGood = play(node.block, isCaught || hasRescue) || (hasRescue && play(node.rescue, isCaught));
      return play(node.always, isCaught) && isGood;
    });
  const isGood = play(number(tree), false);
  return { ran: run, isGood, rescued, failed };
}

describe('blocks', () => {
  it('of any shape run what Ansible runs of them', async () => {
    await fc.assert(
      fc.asyncProperty(nodes, async (tree) => {
        const stage = stageOf();
        const result = await stage.play(`- hosts: all\n  tasks:\n${yamlOf(tree, '    ')}`);
        const expected = expectedOf(tree);
        expect(ran(stage)).toEqual(expected.ran);
        expect(result.turns[0]?.status).toBe(expected.isGood ? 'ok' : 'failed');
        expect(countsOf(stage)).toMatchObject({ rescued: expected.rescued, failed: expected.failed });
      }),
      { numRuns: breadth(25, 150) },
    );
  });

  it('hand their keywords on to their tasks, which may say otherwise', async () => {
    const stage = stageOf({ extraVars: { mode: 'busy' } });
    await stage.tasks(`
- when: mode == 'busy'
  vars: { who: block, where: block }
  environment: { LEVEL: block }
  ignore_errors: true
  block:
    - command: bad {{ who }} {{ where }}
      vars: { who: task }
    - command: bad again
      ignore_errors: false
      environment: { LEVEL: task }
  always:
    - command: always {{ who }}
- when: mode == 'idle'
  block:
    - command: never
  always:
    - command: never`);
    expect(ran(stage)).toEqual(['bad task block', 'bad again', 'always block']);
    expect(stage.fleet.transport.commands.map(({ options }) => options.env)).toEqual([
      { LEVEL: 'block' },
      { LEVEL: 'task' },
      { LEVEL: 'block' },
    ]);
    expect(countsOf(stage)).toMatchObject({ ok: 2, changed: 2, failed: 1, ignored: 1, skipped: 0 });
  });

  it('are asked for their condition before each of their tasks', async () => {
    const stage = stageOf();
    await stage.tasks(`
- set_fact: { mode: busy }
- when: mode == 'busy'
  block:
    - command: one
    - set_fact: { mode: idle }
    - command: two
  always:
    - command: always`);
    expect(ran(stage)).toEqual(['one']);
  });

  it('tell their rescue what failed', async () => {
    const stage = stageOf();
    await stage.tasks(`
- block:
    - name: the first step
      command: bad
  rescue:
    - debug: '{{ failed_task.name }} by {{ failed_task.module }}, rc {{ failed_result.rc }}'`);
    expect(stage.said('debug')).toEqual(['the first step by command, rc 1']);
  });

  it('are not rescued on a host that is lost, and have no always there', async () => {
    const stage = stageOf();
    stage.fleet.atTask('i-1', 'command', 'task.started', () => stage.fleet.host('i-1').lose());
    const result = await stage.tasks(`
- block:
    - command: one
  rescue:
    - command: rescue
  always:
    - command: always`);
    expect(result.turns[0]?.status).toBe('unreachable');
    expect(stage.endings).toEqual(['i-1 command: unreachable']);
  });

  it('under the linear strategy let the others wait while one host is rescued', async () => {
    const stage = new AdHocStage({ hosts: 2 });
    await stage.tasks(
      `
- block:
    - command: one
      failed_when: name == 'i-2'
  rescue:
    - command: rescue
- command: two`,
      'strategy: linear',
    );
    expect(stage.commands.slice(2)).toEqual(['i-2 rescue', 'i-1 two', 'i-2 two']);
  });
});
