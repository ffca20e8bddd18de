import { accountId, type AccountId, type Region } from '../../src/model/ids.js';
import type { Fleet, Instance } from '../../src/ports/fleet.js';

/** EC2 as far as an inventory needs it: filters with their wildcards, and a record of what was asked. */
export class FakeFleet implements Fleet {
  readonly calls: string[] = [];

  constructor(
    readonly instancesIn: Readonly<Record<string, readonly Instance[]>>,
    private readonly account = '123456789012',
  ) {}

  async identity(): Promise<{ readonly account: AccountId; readonly arn: string }> {
    this.calls.push('identity');
    return { account: accountId(this.account), arn: `arn:aws:sts::${this.account}:assumed-role/deployer/me` };
  }

  async instances(
    region: Region,
    filters: Readonly<Record<string, readonly string[]>>,
  ): Promise<readonly Instance[]> {
    this.calls.push(`instances ${region} ${JSON.stringify(filters)}`);
    return (this.instancesIn[region] ?? []).filter((instance) =>
      Object.entries(filters).every(([name, values]) =>
        values.some((value) => valuesOf(instance, name).some((given) => matchesAsEc2(value, given))),
      ),
    );
  }
}

function valuesOf(instance: Instance, name: string): readonly string[] {
  if (name === 'instance-state-name') return [instance.state];
  if (name === 'tag-key') return Object.keys(instance.tags);
  const tag = instance.tags[name.replace(/^tag:/, '')];
  return tag === undefined ? [] : [tag];
}

/** EC2's matching: `*` any text, `?` any character, a backslash takes the meaning of the next. */
export function matchesAsEc2(filter: string, value: string): boolean {
  const source = filter.replace(/\\([^])|[^]/g, (sign: string, escaped: string | undefined) => {
    if (escaped === undefined && sign === '*') return '[^]*';
    if (escaped === undefined && sign === '?') return '[^]';
    return (escaped ?? sign).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`).test(value);
}

/** A running instance; only what matters to the test needs to be given. */
export const makeInstance = (id: string, given: Partial<Omit<Instance, 'id'>> = {}): Instance => ({
  id,
  state: 'running',
  privateIp: '10.0.0.1',
  zone: 'eu-west-1a',
  type: 't3.small',
  imageId: 'ami-1',
  launchedAt: Date.UTC(2026, 10, 21),
  tags: { DeployGroup: 'api' },
  ...given,
});
