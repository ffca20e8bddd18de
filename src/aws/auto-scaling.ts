import {
  AutoScalingClient,
  CreateOrUpdateTagsCommand,
  DeleteTagsCommand,
  paginateDescribeAutoScalingGroups,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import type { Region } from '../model/ids.js';
import type { ScalingGroup, ScalingGroups } from '../ports/traffic.js';
import type { AwsClients } from './clients.js';

/** The most names that one call may give. Source: DescribeAutoScalingGroups. */
const namesPerCall = 50;
const tagged = 'auto-scaling-group';

/** The Auto Scaling groups of an account. */
export class AutoScaling implements ScalingGroups {
  readonly #client: (region: string) => AutoScalingClient;

  constructor(private readonly clients: AwsClients) {
    this.#client = clients.perRegion((settings) => new AutoScalingClient(settings));
  }

  async describe(region: Region, names: readonly string[]): Promise<readonly ScalingGroup[]> {
    const found: ScalingGroup[] = [];
    for (let start = 0; start < names.length; start += namesPerCall) {
      const some = names.slice(start, start + namesPerCall);
      const groups = await this.clients.call('autoscaling:DescribeAutoScalingGroups', region, () =>
        this.#allPages(region, some),
      );
      found.push(...groups.map((group) => toScalingGroup(group, region)));
    }
    return found;
  }

  async suspend(region: Region, name: string, processes: readonly string[]): Promise<void> {
    // AWS takes none for all.
    if (processes.length === 0) return;
    await this.clients.call('autoscaling:SuspendProcesses', region, async () =>
      this.#client(region).send(
        new SuspendProcessesCommand({ AutoScalingGroupName: name, ScalingProcesses: [...processes] }),
      ),
    );
  }

  async resume(region: Region, name: string, processes: readonly string[]): Promise<void> {
    if (processes.length === 0) return;
    await this.clients.call('autoscaling:ResumeProcesses', region, async () =>
      this.#client(region).send(
        new ResumeProcessesCommand({ AutoScalingGroupName: name, ScalingProcesses: [...processes] }),
      ),
    );
  }

  async tag(region: Region, name: string, key: string, value: string | undefined): Promise<void> {
    const of = { ResourceId: name, ResourceType: tagged, Key: key };
    if (value === undefined) {
      await this.clients.call('autoscaling:DeleteTags', region, async () =>
        this.#client(region).send(new DeleteTagsCommand({ Tags: [of] })),
      );
      return;
    }
    const Tags = [{ ...of, Value: value, PropagateAtLaunch: false }];
    await this.clients.call('autoscaling:CreateOrUpdateTags', region, async () =>
      this.#client(region).send(new CreateOrUpdateTagsCommand({ Tags })),
    );
  }

  async #allPages(region: Region, names: readonly string[]): Promise<readonly AutoScalingGroup[]> {
    const client = this.#client(region);
    const found: AutoScalingGroup[] = [];
    const query = { AutoScalingGroupNames: [...names] };
    for await (const page of paginateDescribeAutoScalingGroups({ client }, query)) {
      found.push(...(page.AutoScalingGroups ?? []));
    }
    return found;
  }
}

function toScalingGroup(group: AutoScalingGroup, region: Region): ScalingGroup {
  const { AutoScalingGroupName = '', HealthCheckType = '', Tags = [] } = group;
  return {
    name: AutoScalingGroupName,
    region,
    // One word, or several with commas between. Source: DescribeAutoScalingGroups.
    healthCheckTypes: HealthCheckType.split(',').map((type) => type.trim()),
    suspendedProcesses: (group.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []),
    tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
  };
}
