import type { Run } from '../engine/index.js';
import { AdfError } from '../errors/adf-error.js';
import { isOutcomeUnknown } from '../errors/unknown-outcome.js';
import { rulesChange, unfitPage } from '../errors/maintenance.js';
import { refusedByOperator } from '../errors/preflight.js';
import { cloudNotConfigured } from '../errors/usecases.js';
import { readOperatedSettings } from '../inventory/group-settings.js';
import type { Inventory } from '../inventory/inventory.js';
import { requireGroup } from '../inventory/patterns.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { groupName, type GroupName, type TargetGroupArn } from '../model/ids.js';
import { lateAtMost } from '../model/late-effect.js';
import type { Listener, Page, PlacedRule } from '../model/listener.js';
import {
  maintenanceKey,
  maintenanceTag,
  rulesOf,
  type GroupMaintenance,
  type MaintenanceOf,
  type MaintenanceReport,
  type MaintenanceRule,
} from '../model/maintenance.js';
import type { TargetGroup } from '../model/registration.js';
import { idOf, planMaintenance, type CoverRule } from '../plan/maintenance.js';
import type { ListenerRules } from '../ports/traffic.js';
import { fetchSecrets, withSettings } from '../run/fetch-secrets.js';
import { settingsIn } from '../run/group-sessions.js';
import { hostLayer } from '../run/magic-variables.js';
import { withRun } from '../run/with-run.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';

export interface MaintenanceOptions extends CommonOptions {
  readonly groups: readonly string[];
  readonly state: 'on' | 'off';
  /** A file with what is answered while it is on, relative to the project; a sentence when absent. */
  readonly page?: string;
  /** Why: for those who meet it. */
  readonly reason?: string;
  readonly check: boolean;
}

/** One group that goes into maintenance, or comes out of it. */
interface Served extends MaintenanceOf {
  readonly targetGroups: readonly TargetGroup[];
}

/** How often it is looked anew while a change does not show: others change the same rules, or AWS shows an older state. */
const mostLooks = 10;
/** Between two such looks. */
const lookPause: Milliseconds = 1_000;

/**
 * Lets load balancers answer 503 with a page in place of some groups, or ends that. A rule with the page stands in front of each rule that
 * forwards to them; these stay as they are, so that health checks and deploys go on behind the page. Takes no lease and asks no host: it must
 * be possible while a deploy is under way. What a killed command left is gone on with by the same command. Throws `maintenance.*`, `aws.*`.
 */
export const maintenance = (options: MaintenanceOptions, hooks: RunHooks): Promise<MaintenanceReport> =>
  inWorld(options, hooks, (world) => maintenanceWith(world, options, hooks));

const maintenanceWith = (
  world: World,
  options: MaintenanceOptions,
  hooks: RunHooks,
): Promise<MaintenanceReport> =>
  withRun(world, options, hooks, { verb: 'maintenance', checkMode: options.check }, async (run) => {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const served = await Promise.all(
      options.groups.map((group) => servedBy(groupName(group), world, inventory, run)),
    );
    const page = options.page === undefined ? usualPage : await readPage(options.page, world);
    const pages = new PageRules(rulesPort(world, run), served, page, options, run);
    const planned = await pages.look();
    if (options.check) return planned;
    const changes = planned.groups.flatMap(({ rules }) => rules).filter(({ change }) => change !== 'kept');
    if (changes.length > 0 && (await hooks.confirmMaintenance?.(planned)) === false)
      throw refusedByOperator();
    return pages.change();
  });

const usualPage: Page = {
  contentType: 'text/plain',
  body: 'We are working on this service. Please try again in a few minutes.\n',
};

/** By the end of the file's name. */
const contentTypes: Readonly<Record<string, string>> = {
  html: 'text/html',
  txt: 'text/plain',
  json: 'application/json',
};

/** In characters. Source: Elastic Load Balancing API, FixedResponseActionConfig. */
const longestPage = 1_024;

/** Throws `maintenance.unfit_page`. */
async function readPage(file: string, { files }: Pick<World, 'files'>): Promise<Page> {
  const body = await files.read(file);
  const contentType = contentTypes[file.split('.').at(-1) ?? ''];
  if (body === undefined) throw unfitPage(file, 'there is no such file');
  if (contentType === undefined) throw unfitPage(file, 'its name does not say what it is');
  if (body.length > longestPage) throw unfitPage(file, `it has ${body.length} characters`);
  return { contentType, body };
}

function rulesPort({ listenerRules }: World, { environment }: Run): ListenerRules {
  if (listenerRules === undefined) throw cloudNotConfigured(environment);
  return listenerRules;
}

/** By the settings of each host, as any of them may name the target groups by its own variables. */
async function servedBy(group: GroupName, world: World, inventory: Inventory, run: Run): Promise<Served> {
  const hosts = requireGroup(inventory, group);
  await fetchSecrets(world, inventory, withSettings(hosts, group), run);
  const found = await Promise.all(
    hosts.map((host) => {
      const layers = [...inventory.layersFor(host, group), hostLayer(host, group, run, inventory)];
      const { targetGroups, containers } = settingsIn(layers, run, readOperatedSettings);
      const ports = new Set(containers.flatMap((one) => one.ports.map(({ hostPort }) => hostPort)));
      return run.targetGroups.find(targetGroups, hosts, ports);
    }),
  );
  const byArn = new Map(found.flat().map((one) => [one.arn, one]));
  return { environment: run.environment, group, targetGroups: [...byArn.values()] };
}

/** The rules of the load balancers that serve some groups, looked at and changed. */
class PageRules {
  readonly #allowed: ReadonlySet<TargetGroupArn>;

  constructor(
    private readonly rules: ListenerRules,
    private readonly served: readonly Served[],
    private readonly page: Page,
    private readonly options: MaintenanceOptions,
    private readonly run: Run,
  ) {
    this.#allowed = new Set(served.flatMap(({ targetGroups }) => targetGroups.map(({ arn }) => arn)));
  }

  /** What would be changed. */
  async look(): Promise<MaintenanceReport> {
    const groups = await Promise.all(
      this.served.map(async (one) => {
        const listeners = await this.#listeners(one);
        if (this.options.state === 'off') {
          const removed = rulesOf(one, listeners).map((placed) => told(placed, 'removed'));
          return this.#group(one, removed);
        }
        const { missing, there } = this.#plan(one, listeners);
        return this.#group(one, [...there.map((placed) => told(placed, 'kept')), ...missing.map(toMake)]);
      }),
    );
    return this.#report(groups);
  }

  async change(): Promise<MaintenanceReport> {
    const groups: GroupMaintenance[] = [];
    for (const one of this.served) {
      groups.push(this.options.state === 'on' ? await this.#begin(one) : await this.#end(one));
    }
    return this.#report(groups);
  }

  /** The tag first: a rule that answers is never there without a word of who and why. */
  async #begin(one: Served): Promise<GroupMaintenance> {
    const made = new Map<string, MaintenanceRule>();
    for (let look = 0; look < mostLooks; look += 1) {
      const { missing, there } = this.#plan(one, await this.#listeners(one, look));
      if (look === 0 && there.length === 0) await this.#mark(one);
      if (missing.length === 0) {
        const kept = there.map(({ listener, rule }) =>
          told({ listener, rule }, made.has(placeOf(listener, rule.priority)) ? 'made' : 'kept'),
        );
        return this.#group(one, kept);
      }
      for (const rule of missing) {
        made.set(placeOf(rule.listener, rule.priority), toMake(rule));
        await this.#send(() => this.#answer(one, rule));
      }
    }
    throw rulesChange(one.group);
  }

  async #answer(one: Served, { listener, covers, priority }: CoverRule): Promise<void> {
    const tags = new Map([[maintenanceKey(one), idOf(covers)]]);
    const { conditions } = covers;
    await this.rules.answer(listener, { conditions, priority, tags }, this.page).catch((error: unknown) => {
      // It was made by a call whose answer was lost, or somebody else has that number now: the next look tells which.
      if (!(error instanceof AdfError) || error.code !== 'aws.priority_in_use') throw error;
    });
  }

  /** The tag last, for the same reason. */
  async #end(one: Served): Promise<GroupMaintenance> {
    const removed = new Map<string, MaintenanceRule>();
    for (let look = 0; look < mostLooks; look += 1) {
      const left = rulesOf(one, await this.#listeners(one, look));
      if (left.length === 0) {
        for (const { arn } of one.targetGroups)
          await this.run.ports.traffic.untag(arn, [maintenanceKey(one)]);
        return this.#group(one, [...removed.values()]);
      }
      for (const placed of left) {
        removed.set(placed.rule.arn, told(placed, 'removed'));
        await this.#send(() => this.rules.remove(placed.listener, placed.rule));
      }
    }
    throw rulesChange(one.group);
  }

  async #mark(one: Served): Promise<void> {
    const { owner, ports } = this.run;
    const tag = maintenanceTag(one, {
      since: ports.clock.now(),
      who: owner.who,
      ...defined({ reason: this.options.reason }),
    });
    for (const { arn } of one.targetGroups) await ports.traffic.tag(arn, [tag]);
  }

  /** A call whose answer was lost is over before it is made again, so that it cannot undo a later one. */
  #send(act: () => Promise<void>): Promise<void> {
    const { blips, ports } = this.run;
    return blips.cloud.outlast(async () => {
      try {
        await act();
      } catch (error) {
        if (isOutcomeUnknown(error)) await ports.clock.sleep(lateAtMost());
        throw error;
      }
    });
  }

  #plan(one: Served, listeners: readonly Listener[]): ReturnType<typeof planMaintenance> {
    return planMaintenance(one, one.targetGroups, listeners, this.#allowed);
  }

  /** The first look after a change is made at once. */
  async #listeners({ targetGroups }: Served, look = 0): Promise<readonly Listener[]> {
    if (look > 1) await this.run.ports.clock.sleep(lookPause, this.run.stop.signal);
    const balancers = [...new Set(targetGroups.flatMap(({ loadBalancers }) => loadBalancers))];
    return this.run.blips.cloud.outlast(() => this.rules.listeners(balancers));
  }

  #group({ group, targetGroups }: Served, rules: readonly MaintenanceRule[]): GroupMaintenance {
    return { group, targetGroups: targetGroups.map(({ name }) => name), rules };
  }

  #report(groups: readonly GroupMaintenance[]): MaintenanceReport {
    const { state, check } = this.options;
    return { environment: this.run.environment, at: this.run.ports.clock.now(), state, check, groups };
  }
}

const placeOf = ({ arn }: Listener, priority: number | undefined): string => `${arn} ${priority ?? ''}`;

const told = ({ listener, rule }: PlacedRule, change: MaintenanceRule['change']): MaintenanceRule => ({
  loadBalancer: listener.loadBalancer,
  port: listener.port,
  priority: rule.priority ?? 0,
  change,
});

const toMake = ({ listener: { loadBalancer, port }, priority }: CoverRule): MaintenanceRule => ({
  loadBalancer,
  port,
  priority,
  change: 'made',
});
