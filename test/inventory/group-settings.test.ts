import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../src/config/yaml.js';
import { Variables } from '../../src/expression/variables.js';
import { readGroupSettings, type ReadVariable } from '../../src/inventory/group-settings.js';
import { packagedDefaults } from '../../src/inventory/layers.js';
import { locateWithin } from '../../src/model/source.js';
import { errorsFrom, textOf } from '../stages/error-text.js';

/** Reads variables as a run does: rendered, over the packaged defaults. */
function reader(text: string, file = 'group_vars/api.yml'): ReadVariable {
  const { value, locate } = parseYaml(file, text);
  const layer = { name: 'group_vars/api', values: (value ?? {}) as Record<string, unknown>, locate };
  const variables = Variables.of([packagedDefaults, layer]);
  return (name) =>
    variables.has(name)
      ? {
          value: variables.get(name),
          ...(Object.hasOwn(layer.values, name) ? { locate: locateWithin(locate, [name]) } : {}),
        }
      : undefined;
}

const read = (text: string) => readGroupSettings(reader(text));
const complaints = (text: string) => errorsFrom(() => read(text)).map(textOf);

const least = 'image: registry:5000/team/api\ncontainer: { name: api, ports: [5000] }\ntarget_groups: none\n';

test('a group of the least it can be has the defaults', () => {
  expect(read(least)).toMatchObject({
    image: 'registry:5000/team/api',
    version: 'latest',
    containers: [{ name: 'api', ports: [{ hostPort: 5000 }] }],
    targetGroups: { kind: 'none' },
    rollout: { keepReleases: 3, onFailure: 'rollback' },
  });
  expect(read(least).health).toBeUndefined();
});

test('a group of several containers keeps their order', () => {
  const settings = read(
    'image: api\nversion: 2\ncontainers:\n  - { name: app }\n  - { name: web, image: nginx:1.27, ports: [80] }\ntarget_groups: [api-http]\nhealth: { port: 80 }',
  );

  expect(settings.containers.map(({ name, image }) => [name, image])).toEqual([
    ['app', undefined],
    ['web', 'nginx:1.27'],
  ]);
  expect(settings).toMatchObject({ version: '2', health: { kind: 'http', port: 80 } });
});

test('templates are rendered before anything is checked', () => {
  const settings = read(
    'registry: r:5000\nport: 8080\nimage: "{{ registry }}/api"\ncontainer: { name: api, ports: ["{{ port }}:80"] }\ntarget_groups: "{{ groups_of_targets }}"\ngroups_of_targets: [api-http]\nhealth: { port: "{{ port }}" }',
  );

  expect(settings).toMatchObject({
    image: 'r:5000/api',
    containers: [{ ports: [{ hostPort: 8080, containerPort: 80 }] }],
    targetGroups: { kind: 'named', names: ['api-http'] },
    health: { port: 8080 },
  });
});

test('`health: none` takes responsibility for going without', () => {
  expect(read(`${least.replace('none', '[api-http]')}health: none`).health).toBeUndefined();
});

describe('is refused', () => {
  test.each([
    [
      '# nothing',
      [
        '- The group has no `container`. | Describe it: container: { name: …, ports: […] }.',
        '- The group has no `target_groups`. | Write target_groups: [name], or none for hosts behind no load balancer, or auto.',
      ],
    ],
    [
      'image: api\ntarget_groups: none',
      [
        'group_vars/api.yml:1:1 The group has no `container`. | Describe it: container: { name: …, ports: […] }.',
      ],
    ],
    [
      'container: { name: api }\ntarget_groups: none',
      [
        'group_vars/api.yml:1:1 The group has no `image`. | The container "api" needs one: image: registry/name.',
      ],
    ],
    [
      'image: api\ncontainer: { name: api }',
      [
        'group_vars/api.yml:1:1 The group has no `target_groups`. | Write target_groups: [name], or none for hosts behind no load balancer, or auto.',
      ],
    ],
    [
      'image: api\ncontainer: { name: api }\ntarget_groups: [api-http]',
      [
        'group_vars/api.yml:1:1 The group has no `health`. | Write health: { port: …, path: … }, so that a host is proven healthy before it goes into service; or health: none.',
      ],
    ],
    [
      `${least}containers: [{ name: web }]`,
      [
        'group_vars/api.yml:4:1 The group has both `container` and `containers`. | Keep `container` for one, or `containers` for a list of them.',
      ],
    ],
    [
      'image: api\ntarget_groups: none\ncontainers: []',
      [
        'group_vars/api.yml:3:13 `containers` must be a list of at least one container. | Write one `- name: …` for each.',
      ],
    ],
    [
      'image: api\ntarget_groups: none\ncontainers:\n  - { name: app }\n  - { name: app }',
      ['group_vars/api.yml:5:5 Two containers have the name "app". | Give each a name of its own.'],
    ],
    [
      'image: api\ntarget_groups: none\ncontainers:\n  - { name: app, ports: [80] }\n  - { name: web, ports: ["80:8080"] }',
      [
        'group_vars/api.yml:5:5 The containers "app" and "web" both publish port 80/tcp of the host. | Publish one of them on another port.',
      ],
    ],
    [
      least.replace('team/api', 'team/api:v1'),
      [
        'group_vars/api.yml:1:8 `image` must not hold a version: "registry:5000/team/api:v1". | Write it apart, as `version: v1`.',
      ],
    ],
    [
      `${least}version: v 1`,
      ['group_vars/api.yml:4:10 `version` must be a tag or a digest of the image, not "v 1".'],
    ],
    [
      'image: api\ntarget_groups: none\ncontainer:\n  name: api\n  prots: [80]\nhealth: { prot: 80 }\nrollout: { on_failure: panic }',
      [
        'group_vars/api.yml:5:3 Unknown key `prots` in `container`. | Did you mean "ports"?',
        'group_vars/api.yml:6:1 `health.port` is missing.',
        'group_vars/api.yml:6:11 Unknown key `prot` in `health`. | Did you mean "port"?',
        'group_vars/api.yml:7:24 `rollout.on_failure` must be one of rollback, restore, stop, not "panic". | Known here: rollback, restore, stop.',
      ],
    ],
    [
      'image: api\ntarget_groups: none\ncontainers:\n  - { nam: a }\n  - { name: web, env: 5 }',
      [
        'group_vars/api.yml:4:5 `containers[0].name` is missing.',
        'group_vars/api.yml:4:7 Unknown key `nam` in `containers[0]`. | Did you mean "name"?',
        'group_vars/api.yml:5:23 `containers[1].env` must be a mapping, or a list of KEY=value.',
      ],
    ],
    [
      'image: api\ntarget_groups: none\ncontainers: ["{{ contaner }}"]',
      ['group_vars/api.yml:3:18 unknown variable "contaner" | Did you mean "containers"?'],
    ],
  ])('%j', (text, expected) => {
    const errors = errorsFrom(() => read(text));

    expect(errors.map(textOf)).toEqual(expected);
    expect(complaints(text)).toEqual(expected);
    expect(errors.map((error) => error.class)).toEqual(expected.map(() => 'invalid'));
  });
});
