import type { Host } from '../model/host.js';
import type { Region } from '../model/ids.js';
import type { TargetGroup } from '../model/registration.js';
import type { TargetGroupChoice } from '../model/settings.js';
import { isRegistered } from '../plan/floor.js';
import type { SharedTraffic } from '../traffic/shared-traffic.js';

/** Finds the target groups that a choice means, once per run. */
export class TargetGroups {
  readonly #traffic: SharedTraffic;
  readonly #known = new Map<string, Promise<readonly TargetGroup[]>>();

  constructor(traffic: SharedTraffic) {
    this.#traffic = traffic;
  }

  /**
   * `peers` are all hosts of the group and `ports` those it publishes: `auto` is the union, over the peers, of the groups
   * that a load balancer uses and that know one of them on such a port. Throws `traffic.target_group_missing`.
   */
  find(
    choice: TargetGroupChoice,
    peers: readonly Host[],
    ports: ReadonlySet<number>,
  ): Promise<readonly TargetGroup[]> {
    if (choice.kind === 'none') return Promise.resolve([]);
    const regions = [...new Set(peers.flatMap(({ region }) => region ?? []))];
    const key = JSON.stringify([
      choice,
      regions,
      [...ports],
      choice.kind === 'auto' ? peers.map(({ id }) => id) : [],
    ]);
    const known = this.#known.get(key) ?? this.#find(choice, regions, peers, ports);
    this.#known.set(key, known);
    return known;
  }

  async #find(
    choice: Exclude<TargetGroupChoice, { kind: 'none' }>,
    regions: readonly Region[],
    peers: readonly Host[],
    ports: ReadonlySet<number>,
  ): Promise<readonly TargetGroup[]> {
    if (choice.kind === 'named') {
      const named = await Promise.all(
        regions.map((region) => this.#traffic.targetGroups(region, choice.names)),
      );
      return named.flat();
    }
    const inUse = await Promise.all(regions.map((region) => this.#traffic.targetGroupsInUse(region)));
    const ids = new Set(peers.flatMap(({ targetIds }) => targetIds));
    const judged = await Promise.all(
      inUse.flat().map(async (group) => {
        const targets = await this.#traffic.fresh(group.arn);
        const ours = targets.some(
          (target) =>
            isRegistered(target) && ids.has(target.registration.id) && ports.has(target.registration.port),
        );
        return ours ? [group] : [];
      }),
    );
    return judged.flat();
  }
}
