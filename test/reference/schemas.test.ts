import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseYaml } from '../../src/config/yaml.js';
import { modules } from '../../src/modules/catalogue.js';
import { typeWordOf } from '../../src/reference/describe-schema.js';
import { keywordsInAnyForm } from '../../src/reference/json-schema/playbook-schema.js';
import { schemaKinds, schemaOf, type SchemaKind } from '../../src/reference/json-schema/schemas.js';
import { isTypeInWords } from '../../src/reference/json-schema/types-in-words.js';

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false });
const validators = new Map(schemaKinds.map((kind) => [kind, ajv.compile(schemaOf(kind) as object)]));

/** What is wrong with a text, by the schema of its kind. */
function wrongs(kind: SchemaKind, text: string): readonly string[] {
  const validate = validators.get(kind)!;
  const { value } = parseYaml('file.yml', text);
  return validate(value)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
}

/** All YAML files of a folder of the repository, of one kind. */
const filesIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map(({ name }) => join(folder, name));

const own: readonly (readonly [SchemaKind, string])[] = [
  ['project', 'adfpush.yml'],
  ...(await filesIn('playbooks')).map((file) => ['playbook', file] as const),
  ...(await filesIn('inventory')).map((file) => ['inventory', file] as const),
  ...(await filesIn('inventory/group_vars')).map((file) => ['group', file] as const),
  ...(await filesIn('test/cli/projects/two-environments/inventory')).map(
    (file) => ['inventory', file] as const,
  ),
];

describe('what fits', () => {
  it.each(own)('%s: %s', (kind, file) => {
    expect(wrongs(kind, readFileSync(file, 'utf8'))).toEqual([]);
  });

  const examples = [...modules.values()].flatMap(({ name, docs }) =>
    (docs?.examples ?? []).map((example) => [name, example] as const),
  );
  it.each(examples)('an example of the module %s: %s', (_, example) => {
    expect(wrongs('tasks', example)).toEqual([]);
    expect(wrongs('playbook', `- hosts: all\n  tasks:\n${example.replace(/^/gm, '    ')}\n`)).toEqual([]);
  });

  it.each<[SchemaKind, string]>([
    ['project', '# all by default\n'],
    ['group', 'anything: [1, { b: c }]\nrollout: { serial: [1, 25%], bake: "{{ pause }}" }\n'],
    ['group', 'container: "{{ other }}"\ntarget_groups: none\nhealth: none\n'],
    ['playbook', '- import_playbook: other.yml\n'],
    [
      'playbook',
      '- hosts: [a, b]\n  serial: "{{ size }}"\n  tasks:\n    - block:\n        - shell: uptime\n      rescue:\n        - debug: no\n  handlers:\n    - name: h\n      listen: x\n      command: [a, b]\n',
    ],
    ['tasks', '- docker_container: "{{ whole }}"\n- uri:\n    port: "{{ port }}"\n- meta: noop\n'],
  ])('%s: %s', (kind, text) => {
    expect(wrongs(kind, text)).toEqual([]);
  });
});

describe('what does not fit', () => {
  it.each<[SchemaKind, string]>([
    ['project', 'nmae: shop\n'],
    ['project', 'state: { backend: files }\n'],
    ['inventory', 'source: aws_ec\n'],
    ['inventory', 'source: static\nhosts: { a: { adress: 10.0.0.1 } }\n'],
    ['inventory', "source: aws_ec2\naccount: '1'\nregions: [eu-west-1]\nvras: {}\n"],
    ['group', 'container: { nam: api }\n'],
    ['group', 'rollout: { on_failure: explode }\n'],
    ['group', 'rollout: { bake: soon }\n'],
    ['group', 'health: { prot: 5060 }\n'],
    ['playbook', 'hosts: api\n'],
    ['playbook', '- tasks: []\n'],
    ['playbook', '- hosts: api\n  taks: []\n'],
    ['playbook', '- hosts: api\n  strategy: fast\n'],
    ['playbook', '- hosts: api\n  tasks:\n    - shel: uptime\n'],
    ['playbook', '- hosts: api\n  tasks:\n    - shell: a\n      command: b\n'],
    ['playbook', '- hosts: api\n  tasks:\n    - shell: { cmdd: a }\n'],
    ['playbook', '- hosts: api\n  tasks:\n    - uri: { port: 99999999 }\n'],
    ['playbook', '- hosts: api\n  tasks:\n    - elb_target: { state: gone }\n'],
    ['tasks', '- name: no module\n'],
  ])('%s: %s', (kind, text) => {
    expect(wrongs(kind, text)).not.toEqual([]);
  });
});

it('knows each word that schemas call their values by', () => {
  const schemas = [...modules.values()].map(({ schema }) => schema);
  const words = new Set<string>();
  for (const schema of schemas) {
    z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ zodSchema }) => {
        const word = typeWordOf(zodSchema);
        if (word !== undefined) words.add(word);
      },
    });
  }
  expect([...words].filter((word) => !isTypeInWords(word))).toEqual([]);
});

it('says of each keyword what stands behind it', () => {
  expect(keywordsInAnyForm()).toEqual([]);
});
