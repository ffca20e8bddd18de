import { describe, expect, it } from 'vitest';
import type { Layer } from '../../src/expression/scope.js';
import { Variables } from '../../src/expression/variables.js';
import { Secret } from '../../src/model/secret.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { complaintOf, yamlLayer } from '../stages/sources.js';

describe('Variables', () => {
  it('take the whole value of the highest layer, without merging mappings', () => {
    const layers = [
      { name: 'low', values: { health: { port: 1, path: '/a' }, only_low: 1 } },
      { name: 'high', values: { health: { port: 2 } } },
    ];

    const variables = Variables.of(layers);

    expect(variables.get('health')).toEqual({ port: 2 });
    expect(variables.get('only_low')).toBe(1);
    expect(variables.names()).toEqual(['health', 'only_low']);
    expect(variables.layers.map(({ name }) => name)).toEqual(['low', 'high']);
  });

  it('render a value with the layers above it, so that an override reaches everything made of it', () => {
    const base = Variables.of([
      { name: 'group', values: { image: '{{ registry }}/api', registry: 'a.example' } },
    ]);

    const overridden = base.with({ name: 'extra', values: { registry: 'b.example' } });

    expect(base.get('image')).toBe('a.example/api');
    expect(overridden.get('image')).toBe('b.example/api');
  });

  it('keep the type of a value through any number of references, and render deep structures', () => {
    const variables = Variables.of([
      {
        name: 'group',
        values: {
          port: 8080,
          same: '{{ port }}',
          again: '{{ same }}',
          list: ['{{ again }}', true],
          container: { ports: ['{{ port }}:80'], env: { LIST: '{{ list }}' } },
        },
      },
    ]);

    expect(variables.get('again')).toBe(8080);
    expect(variables.get('container')).toEqual({ ports: ['8080:80'], env: { LIST: [8080, true] } });
  });

  it('never compile what comes from a host, wherever it travels', () => {
    const hostile = '{{ password }} {{{ password }}} ${x} 1 == 1';
    const variables = Variables.of([
      {
        name: 'group',
        values: { password: 'secret', motd: 'says {{ result.stdout }}', twice: '{{ motd }}' },
      },
      { name: 'register', values: { result: { stdout: hostile, list: [hostile] } }, literal: true },
    ]);

    expect(variables.get('result')).toEqual({ stdout: hostile, list: [hostile] });
    expect(variables.get('motd')).toBe(`says ${hostile}`);
    expect(variables.get('twice')).toBe(`says ${hostile}`);
  });

  it('name a circle with the place of each variable in it', () => {
    const variables = Variables.of([
      yamlLayer('a.yml', 'first: "{{ second }}"\nother: 1\n'),
      yamlLayer('b.yml', 'second: "x {{ third.deep }}"\nthird:\n  deep: "{{ first }}"\n'),
    ]);

    expect(complaintOf(() => variables.get('first'))).toBe(
      'a.yml:1:8 expression.cycle: variables use one another in a circle: first (a.yml:1:8) → second (b.yml:1:9) → third (b.yml:3:3) → first | Give one of them a value that does not use the others.',
    );
    expect(complaintOf(() => variables.get('first'))).toContain('expression.cycle');
    expect(variables.get('other')).toBe(1);
  });

  it('name a variable that uses itself', () => {
    const variables = Variables.of([yamlLayer('a.yml', 'path: "{{ path }}:/opt"\n')]);

    expect(complaintOf(() => variables.get('path'))).toContain('in a circle: path (a.yml:1:7) → path');
  });

  it('tell where an error in another variable stands: in the file of that variable', () => {
    const variables = Variables.of([
      yamlLayer('inventory/group_vars/api.yml', 'image: api\ntag: "{{ imege }}"\n'),
      yamlLayer('playbooks/deploy.yml', 'shown: "{{ tag }}"\n'),
    ]);

    expect(complaintOf(() => variables.get('shown'))).toBe(
      'inventory/group_vars/api.yml:2:10 expression.unknown_variable: unknown variable "imege" | Did you mean "image"?',
    );
  });

  it('tell where a value came from', () => {
    const variables = Variables.of([yamlLayer('a.yml', 'x: 1\ny: 2\n')]).with({
      name: 'extra vars',
      values: { y: 3 },
    });

    expect(variables.origin('x')).toEqual({ layer: 'a.yml', at: { file: 'a.yml', line: 1, column: 4 } });
    expect(variables.origin('y')).toEqual({ layer: 'extra vars' });
    expect(variables.origin('z')).toBeUndefined();
    expect(variables.has('x')).toBe(true);
    expect(variables.has('constructor')).toBe(false);
    expect(complaintOf(() => variables.get('toString'))).toContain('unknown variable "toString"');
  });

  it('are unknown as a whole when a part is unknown, and only then', () => {
    const unknown = new UnknownValue('the output of task "migrate"');
    const variables = Variables.of([
      {
        name: 'play',
        values: { message: 'got {{ result.stdout }}', code: '{{ result.rc }}', all: '{{ result }}' },
      },
      { name: 'register', values: { result: { rc: 0, stdout: unknown } }, literal: true },
    ]);

    expect(variables.get('message')).toBe(unknown);
    expect(variables.get('all')).toBe(unknown);
    expect(variables.get('code')).toBe(0);
  });

  it('hide text that has a secret in it', () => {
    const variables = Variables.of([
      { name: 'vault', values: { password: new Secret('hunter2') }, literal: true },
      { name: 'play', values: { url: 'postgres://app:{{ password }}@db', same: '{{ password }}' } },
    ]);

    const url = variables.get('url');

    expect(url).toBeInstanceOf(Secret);
    expect(String(url)).toBe('***');
    expect(url instanceof Secret && url.reveal()).toBe('postgres://app:hunter2@db');
    expect(variables.get('same')).toBeInstanceOf(Secret);
  });

  it('are found under fifty layers of other names', () => {
    const values = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`name_${index}`, index]));
    const base = Variables.of([{ name: 'base', values }]);

    let variables = base;
    for (let task = 0; task < 50; task += 1) {
      const values = { [`result_${task}`]: task };
      variables = variables.with({ name: 'register', values, literal: true });
    }

    expect(variables.get('name_7')).toBe(7);
    expect(variables.get('result_3')).toBe(3);
    expect(base.names()).not.toContain('result_3');
  });
});

describe('what was read of variables', () => {
  const reads = () => ({ names: new Set<string>(), readAll: false });
  const shared: Layer = { name: 'group_vars/api', values: { port: '{{ base }}1', list: [1] } };
  const of = (values: Readonly<Record<string, unknown>>, literal = true): Variables =>
    Variables.of([shared, { name: 'host', values, literal }]);

  it('is kept with what its templates read, also by variables that were made from them', () => {
    const seen = reads();
    const watched = of({ base: 8 })
      .watchedBy(seen)
      .with({ name: 'item', values: { item: 1 } });
    expect(watched.get('port')).toBe('81');
    expect(watched.has('item')).toBe(true);
    expect([...seen.names]).toEqual(['port', 'base', 'item']);
    expect(seen.readAll).toBe(false);
    expect(() => watched.get('gone')).toThrow();
    expect(seen.readAll).toBe(true);
  });

  it('means the same where the same layers, or the same simple values, give it', () => {
    const one = of({ base: 8, name: 'a' });
    const asks = (...names: readonly string[]) => ({ names: new Set(names), readAll: false });
    const other = of({ base: 8, name: 'b' });
    expect(other.meansTheSame(one, asks('port', 'base', 'list', 'gone'))).toBe(true);
    expect(other.meansTheSame(one, asks('name'))).toBe(false);
    expect(of({ base: '8' }).meansTheSame(one, asks('base'))).toBe(false);
    expect(of({ base: 8 }, false).meansTheSame(one, asks('base'))).toBe(false);
    expect(of({ base: [8] }).meansTheSame(of({ base: [8] }), asks('base'))).toBe(false);
    expect(of({}).meansTheSame(one, asks('base'))).toBe(false);
    expect(other.meansTheSame(one, { names: new Set(), readAll: true })).toBe(false);
    const unknown = { name: 'facts', values: {}, otherwise: new UnknownValue('a test') };
    expect(other.with(unknown).meansTheSame(one, asks('base'))).toBe(false);
  });
});
