import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breadth } from '../deep.js';
import { loadProject } from '../../src/config/project.js';
import { loadInventory, type CloudAccess, type Inventory } from '../../src/inventory/inventory.js';
import { escapeFilterValue, matchesFilters } from '../../src/inventory/sources/filters.js';
import type { Instance } from '../../src/ports/fleet.js';
import { errorsFromAsync, textOf } from '../stages/error-text.js';
import { FakeFleet, makeInstance, matchesAsEc2 } from '../fakes/fake-fleet.js';
import { noSecrets } from '../fakes/no-secrets.js';
import { MemoryFiles } from '../fakes/memory-files.js';

const least = 'source: aws_ec2\naccount: "123456789012"\nregions: [eu-west-1]\n';

async function load(
  fleet: FakeFleet,
  settings = '',
  files: Record<string, string> = {},
): Promise<{ inventory: Inventory; accesses: CloudAccess[] }> {
  const accesses: CloudAccess[] = [];
  const all = { 'inventory/prod.yml': settings.startsWith('source') ? settings : least + settings, ...files };
  const project = await loadProject(new MemoryFiles(all), '/shop', noSecrets());
  const inventory = await loadInventory(project, 'prod', (access) => {
    accesses.push(access);
    return fleet;
  });
  return { inventory, accesses };
}

const fleetOf = (...instances: Instance[]) => new FakeFleet({ 'eu-west-1': instances });
const namesOf = ({ hosts }: Inventory) => hosts.map(({ name }) => name);

describe('the account', () => {
  test('is verified before anything else is asked', async () => {
    const fleet = fleetOf(makeInstance('i-1'));

    const { accesses } = await load(fleet, 'role: arn:aws:iam::123456789012:role/deployer\nprofile: shop\n');

    expect(fleet.calls).toEqual([
      'identity',
      'instances eu-west-1 {"tag-key":["DeployGroup"],"instance-state-name":["running"]}',
    ]);
    expect(accesses).toEqual([
      {
        account: '123456789012',
        regions: ['eu-west-1'],
        role: 'arn:aws:iam::123456789012:role/deployer',
        profile: 'shop',
      },
    ]);
  });

  test('that is the wrong one is refused, and nothing else is asked', async () => {
    const fleet = new FakeFleet({ 'eu-west-1': [makeInstance('i-1')] }, '999999999999');

    const errors = await errorsFromAsync(() => load(fleet));

    expect(errors.map(textOf)).toEqual([
      '- These credentials are for the AWS account 999999999999 (arn:aws:sts::999999999999:assumed-role/deployer/me), but inventory/prod.yml says 123456789012. Nothing was done. | Use the credentials, the profile or the role of the right account.',
    ]);
    expect(errors[0]).toMatchObject({ code: 'inventory.wrong_account', class: 'refused' });
    expect(fleet.calls).toEqual(['identity']);
  });
});

describe('listing', () => {
  test('an instance becomes a host with all that is known of it', async () => {
    const instance = makeInstance('i-0abc', {
      publicIp: '203.0.113.5',
      ipv6: '2001:db8::5',
      privateDns: 'ip-10-0-0-1.internal',
      tags: { DeployGroup: 'worker, api,,api', Name: 'api-1', 'aws:autoscaling:groupName': 'api-asg' },
    });

    const { inventory } = await load(
      fleetOf(instance),
      'ssh: { user: ec2-user, host_key_alias: instance_id }\n',
    );

    expect(inventory.hosts).toEqual([
      {
        id: 'i-0abc',
        name: 'api-1',
        environment: 'prod',
        groups: ['api', 'worker'],
        address: '10.0.0.1',
        targetIds: ['i-0abc', '10.0.0.1', '2001:db8::5'],
        zone: 'eu-west-1a',
        region: 'eu-west-1',
        account: '123456789012',
        autoScalingGroup: 'api-asg',
        launchedAt: Date.UTC(2026, 10, 21),
        ssh: { user: 'ec2-user', hostKeyAlias: 'i-0abc', hostKeyName: 'i-0abc' },
        docker: {},
        facts: {
          instance_id: 'i-0abc',
          private_ip: '10.0.0.1',
          public_ip: '203.0.113.5',
          ipv6: '2001:db8::5',
          private_dns: 'ip-10-0-0-1.internal',
          zone: 'eu-west-1a',
          region: 'eu-west-1',
          account: '123456789012',
          instance_type: 't3.small',
          image_id: 'ami-1',
          launched_at: '2026-11-21T00:00:00.000Z',
          auto_scaling_group: 'api-asg',
          tags: instance.tags,
        },
      },
    ]);
    expect(inventory.groupNames).toEqual(['api', 'worker']);
    expect(inventory.group('worker')).toEqual(inventory.hosts);
    expect(inventory.group('web')).toEqual([]);
  });

  test('two hosts that share a name stay two, and names sort as people count', async () => {
    const named = (id: string, Name: string) => makeInstance(id, { tags: { DeployGroup: 'api', Name } });

    const { inventory } = await load(
      fleetOf(named('i-3', 'api-10'), named('i-2', 'api-2'), named('i-1', 'api-2')),
    );

    expect(inventory.hosts.map(({ id, name }) => [id, name])).toEqual([
      ['i-1', 'api-2'],
      ['i-2', 'api-2'],
      ['i-3', 'api-10'],
    ]);
  });

  test('all regions are asked', async () => {
    const fleet = new FakeFleet({
      'eu-west-1': [makeInstance('i-1')],
      'us-east-1': [makeInstance('i-2', { zone: 'us-east-1b' })],
    });

    const { inventory } = await load(
      fleet,
      'source: aws_ec2\naccount: "123456789012"\nregions: [eu-west-1, us-east-1]\n',
    );

    expect(inventory.hosts.map(({ id, region }) => [id, region])).toEqual([
      ['i-1', 'eu-west-1'],
      ['i-2', 'us-east-1'],
    ]);
  });

  test('what the filters did not ask for is dropped, though EC2 gave it', async () => {
    const strays = [
      makeInstance('i-other-stage', { tags: { DeployGroup: 'api', Stage: 'production' } }),
      makeInstance('i-no-stage', { tags: { DeployGroup: 'api' } }),
      makeInstance('i-no-group', { tags: { Stage: 'prod' } }),
      makeInstance('i-empty-group', { tags: { DeployGroup: ' , ', Stage: 'prod' } }),
      makeInstance('i-terminated', { state: 'terminated', tags: { DeployGroup: 'api', Stage: 'prod' } }),
    ];
    const wanted = makeInstance('i-1', { tags: { DeployGroup: 'api', Stage: 'prod' } });
    const careless = fleetOf(wanted, wanted, ...strays);
    careless.instances = async (region) => careless.instancesIn[region] ?? [];

    const { inventory } = await load(careless, 'filters: { "tag:Stage": [prod, live] }\n');

    expect(inventory.hosts.map(({ id }) => id)).toEqual(['i-1']);
  });

  test('another tag can name the groups', async () => {
    const { inventory } = await load(
      fleetOf(makeInstance('i-1', { tags: { Role: 'db' } })),
      'group_by: "tag:Role"\n',
    );

    expect(inventory.groupNames).toEqual(['db']);
  });

  test('a tag named like a property of all objects is on no instance that lacks it', async () => {
    const errors = await errorsFromAsync(() =>
      load(fleetOf(makeInstance('i-1')), 'group_by: "tag:constructor"\n'),
    );

    expect(errors[0]?.code).toBe('inventory.empty_environment');
  });
});

describe('an empty list is refused', () => {
  test('and says what was looked for', async () => {
    const errors = await errorsFromAsync(() => load(fleetOf(), 'filters: { "tag:Stage": prod }\n'));

    expect(errors.map(textOf)).toEqual([
      '- The environment "prod" has no hosts: looked for running EC2 instances in eu-west-1 of the account 123456789012 with the tag DeployGroup and tag:Stage=prod. | Tag the instances with DeployGroup, or correct regions and filters; terminated and stopped instances do not count.',
    ]);
    expect(errors[0]?.class).toBe('refused');
  });

  test('and explains that a wildcard is none', async () => {
    const instance = makeInstance('i-1', { tags: { DeployGroup: 'api', Stage: 'prod' } });

    const errors = await errorsFromAsync(() => load(fleetOf(instance), 'filters: { "tag:Stage": "pro*" }\n'));

    expect(errors.map(({ hint }) => hint)).toEqual([
      '"pro*" is taken literally: * and ? are no wildcards here.',
    ]);
  });
});

describe('the address', () => {
  const instance = makeInstance('i-1', {
    publicIp: '203.0.113.5',
    privateDns: 'one.internal',
    publicDns: 'one.example.com',
    ipv6: '2001:db8::5',
    tags: { DeployGroup: 'api', Name: 'api-1', Address: '192.0.2.9' },
  });

  test.each([
    ['private_ip', '10.0.0.1'],
    ['public_ip', '203.0.113.5'],
    ['private_dns', 'one.internal'],
    ['public_dns', 'one.example.com'],
    ['ipv6', '2001:db8::5'],
    ['"tag:Address"', '192.0.2.9'],
  ])('%s', async (policy, address) => {
    const { inventory } = await load(fleetOf(instance), `address: ${policy}\n`);

    expect(inventory.hosts.map((host) => host.address)).toEqual([address]);
  });

  test.each([
    ['public_ip', 'public ip'],
    ['"tag:Address"', 'tag Address'],
  ])('%s that a host does not have is refused by name, not replaced', async (policy, called) => {
    const bare = makeInstance('i-2', { tags: { DeployGroup: 'api', Name: 'api-2' } });

    const errors = await errorsFromAsync(() => load(fleetOf(instance, bare), `address: ${policy}\n`));

    expect(errors.map(textOf)).toEqual([
      `- A host has no ${called}: api-2 (i-2). | Choose another \`address:\` for the environment; adfpush does not fall back to one by itself.`,
    ]);
    expect(errors[0]?.class).toBe('refused');
  });

  test('that SSH would take for an option is refused', async () => {
    const evil = makeInstance('i-1', { tags: { DeployGroup: 'api', Name: '-oProxyCommand=sh' } });

    const errors = await errorsFromAsync(() => load(fleetOf(evil), 'address: "tag:Name"\n'));

    expect(errors.map(({ code }) => code)).toEqual(['inventory.unusable_address']);
  });
});

describe('filters', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '\\', 'é', ' '), maxLength: 8 });

  test('an escaped value matches itself in EC2, and nothing else', () => {
    fc.assert(
      fc.property(word, word, (value, other) => {
        expect(matchesAsEc2(escapeFilterValue(value), value)).toBe(true);
        expect(matchesAsEc2(escapeFilterValue(value), other)).toBe(value === other);
      }),
      { numRuns: breadth(125, 1_000) },
    );
  });

  test('checking again agrees with EC2 on every tag', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 3 }), word, (values, tag) => {
        const instance = makeInstance('i-1', { tags: { Stage: tag } });
        const inEc2 = values.some((value) => matchesAsEc2(escapeFilterValue(value), tag));
        expect(matchesFilters(instance, { 'tag:Stage': values })).toBe(inEc2);
      }),
    );
  });
});

test('a group whose tag is a wildcard does not become every group', async () => {
  const { inventory } = await load(
    fleetOf(makeInstance('i-1', { tags: { DeployGroup: '*' } }), makeInstance('i-2')),
  );

  expect(inventory.group('*').map(({ id }) => id)).toEqual(['i-1']);
  expect(namesOf(inventory)).toEqual(['i-1', 'i-2']);
});
