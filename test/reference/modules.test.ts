import { describe, expect, it } from 'vitest';
import { AdfError } from '../../src/errors/adf-error.js';
import { mayBeTemplate } from '../../src/expression/templates.js';
import { modules } from '../../src/modules/catalogue.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { tasksOf } from '../../src/playbook/playbook.js';
import { moduleDocument, moduleDocuments } from '../../src/reference/module-document.js';
import { renderModule, renderModuleList } from '../../src/report/module-view.js';
import { MemoryFiles } from '../fakes/memory-files.js';

const names = [...modules.keys()];

describe.each(names)('the module %s', (name) => {
  const document = moduleDocument(name);

  it('says what it does, and what each argument means', () => {
    expect(document.summary).toMatch(/^[A-Z][^]*\.$/);
    for (const { description, type } of document.arguments) {
      expect(description).toMatch(/\S/);
      expect(type).not.toBe('');
    }
    expect(document.examples.length).toBeGreaterThan(0);
  });

  it.each(document.examples.map((example) => [example]))('has an example that fits: %s', async (example) => {
    const handler = /notify: (.*)/.exec(example)?.[1];
    const text = [
      '- hosts: all',
      '  tasks:',
      example.replace(/^/gm, '    '),
      ...(handler === undefined ? [] : ['  handlers:', `    - { name: ${handler}, command: 'true' }`]),
    ].join('\n');

    const { plays } = await loadPlaybook(new MemoryFiles({ 'p.yml': text }), 'p.yml', modules);

    const [task] = plays.flatMap(tasksOf);
    expect(task?.module).toBe(name);
    if (!mayBeTemplate(JSON.stringify(task?.args.value)) || task?.args.value === undefined) {
      modules.get(name)?.validate(task?.args.value);
    }
  });
});

describe('what is told of modules', () => {
  it('knows type, default, choices and whether an argument must be given', () => {
    const { arguments: given, bareValue } = moduleDocument('elb_target');
    expect(given.find(({ name }) => name === 'state')).toMatchObject({
      required: true,
      choices: ['drained', 'in_service'],
    });
    expect(given.find(({ name }) => name === 'timeout')).toMatchObject({
      required: false,
      type: 'duration',
      default: '5m',
    });
    expect(bareValue).toBeUndefined();
    expect(moduleDocument('shell').bareValue).toBe('cmd');
  });

  it('is in alphabetical order, one line a module', () => {
    const list = renderModuleList(moduleDocuments(), { width: 90 }).split('\n');
    const told = list.slice(0, names.length).map((line) => line.split(' ')[0]);
    expect(told).toEqual([...names].sort());
    for (const line of list) expect(line.length).toBeLessThanOrEqual(90);
  });

  it.each(names)('shows %s within the width of the terminal', (name) => {
    const lines = renderModule(moduleDocument(name), { width: 80 }).split('\nExample')[0]!.split('\n');
    for (const line of lines.filter((one) => !/^ {2}\S+ {2}/.test(one)))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('suggests the nearest name', () => {
    let thrown: unknown;
    try {
      moduleDocument('docker_contaner');
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(AdfError);
    expect(thrown).toMatchObject({
      code: 'cli.unknown_module',
      class: 'invalid',
      hint: 'Did you mean "docker_container"?',
    });
  });
});
