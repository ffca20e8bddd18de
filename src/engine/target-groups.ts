import { AdfError } from '../errors/adf-error.js';
import type { Host } from '../model/host.js';
import type { Region } from '../model/ids.js';
import type { TargetGroup } from '../model/registration.js';
import type { TargetGroupChoice } from '../model/settings.js';
import { isRegistered } from '../plan/floor.js';
import type { SharedTraffic } from '../traffic/shared-traffic.js';

/** Finds the target groups that a choice means: the first answer holds for the run. */
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
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const finding = this.#find(choice, regions, peers, ports);
    this.#known.set(key, finding);
    // A failure is no answer: the next caller looks again.
    finding.catch(() => this.#known.delete(key));
    return finding;
  }

  async #find(
    choice: Exclude<TargetGroupChoice, { kind: 'none' }>,
    regions: readonly Region[],
    peers: readonly Host[],
    ports: ReadonlySet<number>,
  ): Promise<readonly TargetGroup[]> {
    if (choice.kind === 'named') {
      return this.#named(regions, choice.names);
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

  /** A fleet in several regions has a name in one of them, or in each. */
  async #named(regions: readonly Region[], names: readonly string[]): Promise<readonly TargetGroup[]> {
    const [only, ...others] = regions;
    if (only === undefined) return [];
    if (others.length === 0) return this.#traffic.targetGroups(only, names);
    const found = await Promise.all(names.map(async (name) => this.#anywhere(regions, name)));
    return found.flat();
  }

  async #anywhere(regions: readonly Region[], name: string): Promise<readonly TargetGroup[]> {
    const missing: AdfError[] = [];
    const found = await Promise.all(
      regions.map(async (region) => {
        try {
          return await this.#traffic.targetGroups(region, [name]);
        } catch (error) {
          if (!(error instanceof AdfError) || error.code !== 'traffic.target_group_missing') throw error;
          missing.push(error);
          return [];
        }
      }),
    );
    const [first] = missing;
    if (first !== undefined && missing.length === regions.length) throw first;
    return found.flat();
  }
}
