import type { CloudRestored, PlaybookResult, Run } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { joinerNotRolled, notListedAgain } from '../errors/fleet.js';
import type { Inventory } from '../inventory/inventory.js';
import { describeHost, type Host } from '../model/host.js';
import type { GroupName, HostId } from '../model/ids.js';
import type { Playbook } from '../playbook/playbook.js';
import { fetchSecrets, withSettings } from '../run/fetch-secrets.js';
import type { HeldLeases } from '../run/leases.js';
import { phase } from '../run/phase.js';
import { prepareJoiners, type UnfitJoiner } from './prepare-joiners.js';
import type { DeployOptions, PreparedGroup } from './plan-groups.js';
import { rollGroup, settleTargets } from './roll-group.js';
import { whileScalingIsSuspended } from './scaling.js';
import type { World } from '../world/world.js';

/** What became of the hosts that joined a group while it was rolled. */
export interface JoinedHosts {
  /** Those that were fit for a roll, or converged already, round by round, each with its result. */
  readonly rolls: readonly JoinedRoll[];
  readonly unfit: readonly UnfitJoiner[];
  readonly errors: readonly AdfError[];
  readonly warnings: readonly string[];
  /** The hosts as they were listed last; absent when they could not be. */
  readonly listed?: Inventory;
}

interface JoinedRoll {
  readonly group: PreparedGroup;
  readonly result: PlaybookResult;
  readonly scaling: CloudRestored;
}

/** A fleet to which hosts are added faster than they can be rolled is left so after this many rounds. */
const rounds = 5;

export const nobodyJoined: JoinedHosts = { rolls: [], unfit: [], errors: [], warnings: [] };

export interface RolledFleet {
  readonly groups: readonly PreparedGroup[];
  readonly results: readonly PlaybookResult[];
  readonly playbook: Playbook;
  /** As it was listed before the roll. */
  readonly before: Inventory;
  readonly options: Pick<DeployOptions, 'limit' | 'resumes'>;
  /** Absent in a dry run. */
  readonly leases: HeldLeases | undefined;
}

/**
 * After a roll: lists the groups again, and rolls the hosts that joined, with the same release and playbook, until no host joins any more.
 * A joiner that fails is restored by itself and told; the fleet is not rolled back for it. Nothing is rolled after a roll that failed,
 * nor with `--limit`: then joiners are told only. Never throws.
 */
export async function rollJoiners(fleet: RolledFleet, world: World, run: Run): Promise<JoinedHosts> {
  const round = new JoinerRounds(fleet, world, run);
  try {
    await round.untilNobodyJoins();
  } catch (error) {
    if (!run.stop.signal.aborted) round.errors.push(notListedAgain(errorsOf(error)[0].message));
  }
  return round;
}

class JoinerRounds implements JoinedHosts {
  readonly rolls: JoinedRoll[] = [];
  readonly unfit: UnfitJoiner[] = [];
  readonly errors: AdfError[] = [];
  readonly warnings: string[] = [];
  listed?: Inventory;
  readonly #known: ReadonlyMap<GroupName, Set<HostId>>;

  constructor(
    private readonly fleet: RolledFleet,
    private readonly world: World,
    private readonly run: Run,
  ) {
    this.#known = new Map(
      fleet.groups.map(({ opened: { group } }) => [
        group,
        new Set(
          fleet.before
            .group(group)
            .map(({ id }) => id)
            .filter((id) => this.#wasThere(id)),
        ),
      ]),
    );
  }

  /** For who goes on with a run, all that it did not know are joiners. */
  #wasThere(id: HostId): boolean {
    const { limit, resumes } = this.fleet.options;
    return limit !== undefined || resumes === undefined || resumes.hosts.includes(id);
  }

  async untilNobodyJoins(): Promise<void> {
    for (let round = 1; ; round += 1) {
      const listed = await phase(this.run, 'inventory', () =>
        this.run.blips.cloud.outlast(() => this.world.listHosts()),
      );
      this.listed = listed;
      const joined = this.fleet.groups.flatMap((group) => {
        const joiners = this.#unknownOf(group, listed);
        return joiners.length === 0 ? [] : [{ group, joiners }];
      });
      if (joined.length === 0) return;
      for (const { group, joiners } of joined) await this.#meet(group, joiners, listed, round);
    }
  }

  #unknownOf({ opened: { group } }: PreparedGroup, listed: Inventory): readonly Host[] {
    const known = this.#known.get(group) ?? new Set();
    const joiners = listed.group(group).filter(({ id }) => !known.has(id));
    for (const { id } of joiners) known.add(id);
    return joiners;
  }

  async #meet(
    group: PreparedGroup,
    joiners: readonly Host[],
    listed: Inventory,
    round: number,
  ): Promise<void> {
    const name = group.opened.group;
    const { limit } = this.fleet.options;
    if (limit !== undefined) {
      for (const host of joiners) {
        this.#warn(
          `${describeHost(host)} joined "${name}" during the run, which is limited to ${limit}, and was not rolled.`,
        );
      }
      return;
    }
    const why = this.#whyNotRolled(round);
    if (why === undefined) await this.#roll(group, joiners, listed);
    else this.#leave(joiners, name, why);
  }

  /** A roll that failed has errors enough; that joiners are left too, is told beside them. */
  #whyNotRolled(round: number): string | undefined {
    const { results, groups } = this.fleet;
    const all = [...results, ...this.rolls.map(({ result }) => result)];
    if (results.length < groups.length || all.some(({ stopped }) => stopped)) return 'the roll failed.';
    const { closedBy } = this.run.gate;
    if (closedBy !== undefined) return closedBy.message;
    return round > rounds ? 'hosts go on joining faster than they are rolled.' : undefined;
  }

  #leave(joiners: readonly Host[], group: GroupName, why: string): void {
    this.errors.push(...joiners.map((host) => joinerNotRolled(host, group, why)));
  }

  async #roll(group: PreparedGroup, joiners: readonly Host[], listed: Inventory): Promise<void> {
    const { fleet, run } = this;
    const name = group.opened.group;
    for (const { id, name: label } of joiners) {
      const message = `it joined "${name}" during the run.`;
      run.bus.emit({ type: 'warning', host: { id, name: label }, message });
    }
    try {
      await fetchSecrets(this.world, listed, withSettings(joiners, name), run);
      const { prepared, unfit, gone } = await phase(run, 'preflight', () =>
        prepareJoiners(group, joiners, fleet.playbook, listed),
      );
      this.unfit.push(...unfit);
      this.errors.push(...unfit.map(({ host, error }) => joinerNotRolled(host, name, error.message)));
      for (const host of gone)
        this.#warn(`${describeHost(host)} joined "${name}" during the run, and is gone again.`);
      if (prepared === undefined) return;
      for (const { host, name: label, action } of prepared.plan.hosts) {
        if (action !== 'converged') continue;
        const who = describeHost({ id: host, name: label });
        this.#warn(`${who} joined "${name}" during the run, and is on this release already.`);
      }
      await fleet.leases?.extend(name, listed.group(name));
      await settleTargets(prepared);
      const { results, scaling } = await whileScalingIsSuspended([prepared], run, async () => [
        await rollGroup(prepared, restoringOnly(fleet.playbook), listed),
      ]);
      this.rolls.push(...results.map((result) => ({ group: prepared, result, scaling })));
    } catch (error) {
      if (run.stop.signal.aborted) throw error;
      const told = new Set(this.unfit.map(({ host }) => host));
      this.#leave(
        joiners.filter((host) => !told.has(host)),
        name,
        errorsOf(error)[0].message,
      );
    }
  }

  #warn(message: string): void {
    this.warnings.push(message);
    this.run.bus.emit({ type: 'warning', message });
  }
}

/** Joiners that fail are restored; the fleet stays on the release. */
const restoringOnly = ({ plays, ...playbook }: Playbook): Playbook => ({
  ...playbook,
  plays: plays.map((play) => ({ ...play, onFailure: { value: 'restore', locate: play.hosts.locate } })),
});
