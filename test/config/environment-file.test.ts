import { describe, expect, test } from 'vitest';
import { readEnvironmentFile } from '../../src/config/environment-file.js';
import { parseYaml } from '../../src/config/yaml.js';
import { errorsFrom, textOf } from '../stages/error-text.js';

const read = (text: string) => readEnvironmentFile('prod', 'prod.yml', parseYaml('prod.yml', text));
const complaints = (text: string) => errorsFrom(() => read(text)).map(textOf);

describe('source: aws_ec2', () => {
  const least = 'source: aws_ec2\naccount: "123456789012"\nregions: [eu-west-1]\n';

  test('needs an account and regions, the rest has defaults', () => {
    expect(read(least)).toMatchObject({
      source: 'aws_ec2',
      name: 'prod',
      access: { account: '123456789012', regions: ['eu-west-1'] },
      filters: {},
      groupTag: 'DeployGroup',
      address: { kind: 'private_ip' },
    });
  });

  test('every key is read', () => {
    const file = read(
      [
        'source: aws_ec2',
        'account: "012345678901"',
        'role: arn:aws:iam::012345678901:role/deployer',
        'profile: shop',
        'regions: [eu-west-1, us-east-1, eu-west-1]',
        'endpoint: http://127.0.0.1:4566',
        'filters: { "tag:Environment": prod, "tag:Stage": [1, 2] }',
        'group_by: "tag:Role"',
        'address: "tag:Name"',
        'ssh: { user: ec2-user }',
        'docker: { socket: /run/docker.sock }',
        'vars: { registry: r }',
        'groups: { api: { vars: { size: 3 } } }',
      ].join('\n'),
    );

    expect(file).toMatchObject({
      access: {
        account: '012345678901',
        role: 'arn:aws:iam::012345678901:role/deployer',
        profile: 'shop',
        regions: ['eu-west-1', 'us-east-1'],
        endpoint: 'http://127.0.0.1:4566',
      },
      filters: { 'tag:Environment': ['prod'], 'tag:Stage': ['1', '2'] },
      groupTag: 'Role',
      address: { kind: 'tag', key: 'Name' },
      ssh: { user: 'ec2-user' },
      docker: { socket: '/run/docker.sock' },
      vars: { name: 'prod.yml', values: { registry: 'r' } },
    });
    expect(file.groupVars.get('api')).toMatchObject({ name: 'prod.yml groups.api', values: { size: 3 } });
    expect(file.vars.locate(['registry'])).toEqual({ file: 'prod.yml', line: 12, column: 19 });
    expect(file.groupVars.get('api')?.locate(['size'])).toEqual({ file: 'prod.yml', line: 13, column: 32 });
  });

  test.each([
    ['', ['prod.yml:1:1 This must be a mapping, not nothing.']],
    ['account: "1"', ['prod.yml:1:1 `source` is missing.']],
    [
      'source: aws',
      ['prod.yml:1:9 `source` must be one of aws_ec2, static, not "aws". | Known here: aws_ec2, static.'],
    ],
    ['source: aws_ec2', ['prod.yml:1:1 `account` is missing.', 'prod.yml:1:1 `regions` is missing.']],
    [
      'source: aws_ec2\naccount: 123456789012\nregions: [eu-west-1]',
      [
        'prod.yml:2:10 `account` must be text, and without quotes it is a number that loses leading zeros. | Put it in quotes: "123456789012".',
      ],
    ],
    [
      'source: aws_ec2\naccount: "1234"\nregions: eu-west-1',
      ['prod.yml:2:10 `account` must be the twelve digits of an AWS account in quotes, not "1234".'],
    ],
    [
      'source: aws_ec2\naccount: 012345678901\nregions: eu-west-1',
      [
        'prod.yml:2:10 012345678901 without quotes is the number 12345678901. | Write "012345678901" if the text is meant, or 12345678901 if the number is.',
      ],
    ],
    [`${least}region: x`, ['prod.yml:4:1 Unknown key `region`. | Did you mean "regions"?']],
    [
      'source: aws_ec2\naccount: "123456789012"\nregions: [EU West]',
      ['prod.yml:3:11 `regions[0]` must be a region such as eu-west-1, not "EU West".'],
    ],
    [
      `${least}role: deployer`,
      ['prod.yml:4:7 `role` must be the ARN of a role: arn:aws:iam::123456789012:role/name.'],
    ],
    [
      `${least}address: privat_ip`,
      [
        'prod.yml:4:10 `address` must be one of private_ip, public_ip, private_dns, public_dns, ipv6, or a tag such as "tag:Name".',
      ],
    ],
    [`${least}group_by: DeployGroup`, ['prod.yml:4:11 `group_by` must name a tag, as in "tag:DeployGroup".']],
    [
      `${least}endpoint: localhost:4566`,
      ['prod.yml:4:11 `endpoint` must be a URL such as http://127.0.0.1:4566.'],
    ],
    [
      `${least}filters: prod`,
      ['prod.yml:4:10 `filters` must be a mapping of filters, as in { "tag:Environment": prod }.'],
    ],
    [`${least}filters: { "tag:A": [] }`, ['prod.yml:4:21 `filters.tag:A` must be text or a list of texts.']],
    [
      `${least}filters: { "tag:A": "{{ env }}" }`,
      ['prod.yml:4:21 `filters.tag:A` must not be a template: hosts are listed before variables are known.'],
    ],
    [
      `${least}filters: { instance-state-name: stopped }`,
      [
        'prod.yml:4:33 `filters.instance-state-name` is not for you to choose: only running instances are hosts. | Leave it out.',
      ],
    ],
    [
      `${least}profile: "{{ profile }}"`,
      ['prod.yml:4:10 `profile` must not be a template: it is needed before variables are known.'],
    ],
    [
      `${least}groups: { api: { size: 1 } }`,
      ['prod.yml:4:18 Unknown key `size` in `groups.api`. | Known here: vars.'],
    ],
    [`${least}hosts: [a]`, [expect.stringContaining('prod.yml:4:1 Unknown key `hosts`.') as string]],
  ])('%j is refused', (text, expected) => {
    expect(complaints(text)).toEqual(expected);
  });
});

describe('source: static', () => {
  test('lists hosts by name, in a mapping or a list', () => {
    const api = { name: 'api-1', address: '10.0.0.1', port: 2222, groups: ['api', 'web'], zone: 'a' };
    const mapping = read(
      'source: static\nhosts:\n  api-1: { address: 10.0.0.1, port: 2222, groups: "api, web", zone: a, vars: { size: 1 } }\n  10.0.0.2:\n  db: 10.0.0.3',
    );
    const list = read(
      'source: static\nhosts:\n  - { name: api-1, address: 10.0.0.1, port: 2222, groups: [api, web], zone: a, vars: { size: 1 } }\n  - 10.0.0.2',
    );

    expect(mapping).toMatchObject({
      hosts: [api, { name: '10.0.0.2' }, { name: 'db', address: '10.0.0.3' }],
    });
    expect(list).toMatchObject({ hosts: [api, { name: '10.0.0.2' }] });
    if (list.source !== 'static') throw new Error('not static');
    expect(list.hosts[0]?.variables.values).toEqual({ size: 1 });
    expect(list.hosts[0]?.variables.locate(['size'])).toEqual({ file: 'prod.yml', line: 3, column: 94 });
    expect(list).not.toHaveProperty('access');
  });

  test('may say where its target groups are', () => {
    expect(
      read(
        'source: static\nregion: eu-west-1\naccount: "123456789012"\nendpoint: http://127.0.0.1:1\nhosts: [a]',
      ),
    ).toMatchObject({
      access: { regions: ['eu-west-1'], account: '123456789012', endpoint: 'http://127.0.0.1:1' },
    });
  });

  test.each([
    ['source: static', ['prod.yml:1:1 `hosts` is missing.']],
    ['source: static\nhosts: 5', ['prod.yml:2:8 `hosts` must be a mapping, not the number 5.']],
    [
      'source: static\nhosts: [a, b, a]',
      ['prod.yml:2:15 `hosts[2]` is a second host "a". | Give each host a name of its own.'],
    ],
    [
      'source: static\nhosts: ["a b"]',
      [
        'prod.yml:2:9 `hosts[0]` must be a name without spaces and without , : ! & * ? [ ], and not begin with a dash.',
      ],
    ],
    [
      'source: static\nhosts: ["a:b"]',
      [
        'prod.yml:2:9 `hosts[0]` must be a name without spaces and without , : ! & * ? [ ], and not begin with a dash.',
      ],
    ],
    [
      'source: static\nhosts: { a: -oX }',
      ['prod.yml:2:13 `hosts.a` must hold no space and not begin with a dash.'],
    ],
    [
      'source: static\nhosts:\n  a: { adress: 10.0.0.1 }',
      ['prod.yml:3:8 Unknown key `adress` in `hosts.a`. | Did you mean "address"?'],
    ],
    [
      'source: static\nhosts:\n  - { nam: a }',
      [
        'prod.yml:3:5 `hosts[0].name` is missing.',
        'prod.yml:3:7 Unknown key `nam` in `hosts[0]`. | Did you mean "name"?',
      ],
    ],
    [
      'source: static\nhosts: { a: { port: 0 } }',
      ['prod.yml:2:21 `hosts.a.port` must be a whole number from 1 to 65535, not 0.'],
    ],
    [
      'source: static\nendpoint: http://127.0.0.1:1\nhosts: [a]',
      ['prod.yml:2:11 `endpoint` needs `region` beside it: target groups are looked up there.'],
    ],
  ])('%j is refused', (text, expected) => {
    expect(complaints(text)).toEqual(expected);
  });
});
