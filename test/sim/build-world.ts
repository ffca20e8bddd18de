import type { FakeClock } from '../fakes/fake-clock.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import { image, type ImageBehaviour } from '../fakes/world/image-behaviour.js';
import type { FakeContainer } from '../fakes/world/fake-container.js';
import type { FakeHost } from '../fakes/world/fake-host.js';
import { World } from '../fakes/world/world.js';
import { groupName, hostId } from '../../src/model/ids.js';
import { isSilence, type Blip, type OperatorAct, type Prune } from './faults.js';
import { isProgram } from '../fakes/world/timeline.js';
import {
  containerNameOfGroup,
  containersOf,
  groupsOf,
  otherTag,
  previousTag,
  releaseTag,
  repository,
  type ReleaseKind,
  type Scenario,
  type ScenarioGroup,
} from './scenario.js';

const behaviours: Readonly<Record<ReleaseKind, ImageBehaviour>> = {
  good: image.healthy(2_000),
  never_healthy: image.neverHealthy(),
  exits_at_once: image.exitsAtOnce(),
  late_crash: image.exitsLater(40_000),
};

/** The world as a scenario finds it, before the program begins. */
export function buildWorld(scenario: Scenario, clock: FakeClock): World {
  const world = new World(clock);
  world.images.publish(repository, previousTag, image.healthy(1_000));
  const release = world.images.publish(repository, releaseTag, behaviours[scenario.release]);
  const other = world.images.publish(repository, otherTag, image.healthy(1_500));
  // What whoever forgets to say which release means.
  world.images.moveTag(repository, 'latest', other.digest);
  if (scenario.scaling !== undefined) {
    world.addScalingGroup(scalingGroupName, { suspendedProcesses: scenario.scaling.suspended });
  }
  const groups = groupsOf(scenario);
  for (const { id, zone } of new Map(
    groups.flatMap(({ hosts }) => hosts.map((one) => [one.id, one])),
  ).values()) {
    const host = addHost(world, scenario, id, zone);
    if (scenario.faults.diskFull.includes(id)) host.freeBytes = 1_000;
    if (scenario.sickHosts.includes(id)) host.behaviours.set(release.digest, image.neverHealthy());
    if (scenario.faults.unreachable.includes(id)) host.lose();
  }
  const targetGroups = new Map(groups.flatMap((group) => group.targetGroups.map((one) => [one.name, one])));
  for (const { name, ports, ...settings } of targetGroups.values()) {
    const group = world.addTargetGroup(name, settings);
    const members = new Set(
      groups.flatMap((each) => (each.targetGroups.some((one) => one.name === name) ? each.hosts : [])),
    );
    for (const { id } of members) {
      for (const port of ports)
        world.registered(group, world.host(hostId(id)), port, scenario.hasPrevious ? 'healthy' : 'unhealthy');
    }
  }
  return world;
}

const scalingGroupName = 'api-asg';

/** A host as the scenario says that it was before. */
function addHost(world: World, scenario: Scenario, id: string, zone: string): FakeHost {
  const { hasPrevious, scaling } = scenario;
  const own = groupsOf(scenario).filter(({ hosts }) => hosts.some((one) => one.id === id));
  // Whoever joins later joins the first group.
  const groups = own.length > 0 ? own : groupsOf(scenario).slice(0, 1);
  const host = world.addHost(id, {
    zone,
    groups: groups.map(({ name }) => groupName(name)),
    ...(scaling === undefined ? {} : { autoScalingGroup: scalingGroupName }),
  });
  host.networks.add('bridge');
  host.clockAhead = scenario.faults.drifts.find((drift) => drift.host === id)?.ahead ?? 0;
  host.clockRate = scenario.faults.clockRates.find((one) => one.host === id)?.rate ?? 1;
  const digest = world.images.tagged(repository, previousTag);
  if (hasPrevious && digest !== undefined) {
    for (const { name: group, containers } of groups) {
      for (const { name, ports } of containers) {
        const labels = labelsOf(name, { digest, version: previousTag, group });
        host.runs({ name, repository, digest, ports, labels, restartPolicy: scenario.previousRestart });
      }
    }
  }
  return host;
}

/** Lets the scenario's accidents happen at their times. */
export function scheduleAccidents(world: World, scenario: Scenario): void {
  const { clock, timeline } = world;
  const { faults } = scenario;
  const at = (time: number, what: string, accident: () => void) =>
    clock.after(
      time,
      () => {
        timeline.record('world', { type: 'fault', what });
        accident();
      },
      true,
    );
  for (const { host: id, at: time, lasts } of faults.lost) {
    withHost(world, id, (host) => {
      at(time, `${id} cannot be reached`, () => host.lose());
      at(time + lasts, `${id} can be reached again`, () => host.find());
    });
  }
  for (const { host: id, at: time, lasts } of faults.fullLocks) {
    withHost(world, id, (host) => {
      at(time, `the disk of ${id} takes no lock`, () => (host.lockDiskIsFull = true));
      at(time + lasts, `the disk of ${id} takes locks again`, () => (host.lockDiskIsFull = false));
    });
  }
  for (const blip of faults.blips) {
    withHost(world, blip.host, (host) => {
      const begin = (): void => void clock.after(blip.at, () => beginBlip(world, host, blip), true);
      if (blip.sinceDrained === true) onceDrained(world, host, begin);
      else begin();
    });
  }
  for (const { host: id, at: time, container } of faults.crashes) {
    withHost(world, id, (host) =>
      at(time, `a container of ${id} crashes`, () => containerOf(scenario, host, container)?.exit(139)),
    );
  }
  for (const { host: id, at: time, lasts } of faults.flaps) {
    withHost(world, id, (host) =>
      at(time, `the targets of ${id} fail their checks`, () => {
        for (const group of world.targetGroups.values()) {
          for (const { registration } of group.health()) {
            if (host.host.targetIds.includes(registration.id)) group.flap(registration, lasts);
          }
        }
      }),
    );
  }
  for (const { host: id, at: time, lasts, by } of faults.reboots) {
    withHost(world, id, (host) => at(time, `${id} is rebooted`, () => host.reboot(lasts, by)));
  }
  for (const { host: id, at: time, lasts, by } of faults.engineRestarts) {
    withHost(world, id, (host) =>
      at(time, `the Docker Engine of ${id} is ${by}`, () => host.restartEngine(lasts, by)),
    );
  }
  for (const { host: id, at: time, what } of faults.prunes) {
    withHost(world, id, (host) =>
      at(time, `the ${what} of ${id} are pruned`, () => prune(world, host, what)),
    );
  }
  for (const { host: id, at: time, does, container } of faults.operators) {
    withHost(world, id, (host) =>
      at(time, `somebody does by hand: ${does} ${id}`, () =>
        operate(world, scenario, host, does, containerOf(scenario, host, container)),
      ),
    );
  }
  const other = world.images.tagged(repository, otherTag);
  if (faults.tagMovesAt !== undefined && other !== undefined) {
    at(faults.tagMovesAt, 'the tag moves', () => world.images.moveTag(repository, releaseTag, other));
  }
  for (const { host: id, at: time } of faults.joins) {
    at(time, `${id} joins`, () => join(world, scenario, id));
  }
  for (const { host: id, at: time } of faults.leaves) {
    withHost(world, id, (host) =>
      at(time, `${id} is terminated`, () => {
        const registrations = registrationsOf(world, host);
        host.terminate();
        for (const { group, registration } of registrations) group.abandon(registration);
      }),
    );
  }
}

/** For the first time, by a program. */
function onceDrained({ timeline }: World, { host }: FakeHost, act: () => void): void {
  let state: 'in_service' | 'draining' | 'drained' = 'in_service';
  timeline.follow((entry) => {
    if (!('host' in entry) || entry.host !== host.id) return;
    if (entry.type === 'target.deregistered' && isProgram(entry.by) && state === 'in_service')
      state = 'draining';
    if (entry.type !== 'target.gone' || state !== 'draining') return;
    state = 'drained';
    act();
  });
}

function beginBlip({ clock, timeline }: World, host: FakeHost, blip: Blip): void {
  const { of, lasts } = blip;
  timeline.record('world', { type: 'blip', host: host.host.id, of, lasts });
  if (isSilence(blip)) host.silentUntil = Math.max(host.silentUntil, clock.elapsed() + lasts);
  switch (blip.of) {
    case 'dockerd': {
      host.restartEngine(lasts, 'terminated', blip.stopping);
      return;
    }
    case 'engine': {
      host.restartEngine(lasts, 'live_restore');
      return;
    }
    case 'connection':
      host.lose();
      clock.after(lasts, () => host.find(), true);
      return;
    case 'machine':
      host.standsStill = true;
      clock.after(lasts, () => (host.standsStill = false), true);
      return;
    case 'answer':
  }
}

const registrationsOf = (world: World, { host }: FakeHost) =>
  [...world.targetGroups.values()].flatMap((group) =>
    group
      .health()
      .filter(({ registration }) => host.targetIds.includes(registration.id))
      .map(({ registration }) => ({ group, registration })),
  );

/** Volumes that no container uses, containers that do not run, or images of which there is no container. An Engine that is down does nothing. */
function prune(world: World, host: FakeHost, what: Prune['what']): void {
  if (!host.engineRuns) return;
  switch (what) {
    case 'containers':
      for (const container of host.containers.values()) {
        if (!container.running) host.remove('operator', container);
      }
      return;
    case 'images':
      for (const digest of host.images) {
        if (!host.usesImage(digest)) host.removeImage('operator', digest);
      }
      return;
    case 'volumes':
      for (const [key, { run, hold }] of host.holds) {
        host.holds.delete(key);
        world.timeline.record('operator', { type: 'hold.forgotten', host: host.host.id, run, hold: hold.id });
      }
  }
}

/** What runs on a host under the name of one of its first group's containers, by its place in their order. */
function containerOf(scenario: Scenario, host: FakeHost, index = 0): FakeContainer | undefined {
  const isOwn = ({ hosts }: ScenarioGroup) => hosts.some(({ id }) => id === host.host.id);
  const containers = groupsOf(scenario).find(isOwn)?.containers ?? containersOf(scenario);
  return host.named(containers[index % containers.length]?.name ?? containerNameOfGroup);
}

/** What a person does by hand, without asking the program. */
function operate(
  world: World,
  scenario: Scenario,
  host: FakeHost,
  does: OperatorAct['does'],
  container: FakeContainer | undefined,
): void {
  switch (does) {
    case 'deregister':
      for (const { group, registration } of registrationsOf(world, host))
        group.deregister('operator', registration);
      return;
    case 'register':
      for (const { name, ports } of scenario.targetGroups) {
        const group = [...world.targetGroups.values()].find(({ settings }) => settings.name === name);
        const id = host.host.targetIds[0] ?? host.host.id;
        for (const port of ports) group?.register('operator', { targetGroup: group.settings.arn, id, port });
      }
      return;
    case 'stop':
      if (container?.running === true) container.stop('operator');
      return;
    case 'start': {
      const free =
        container?.birth.ports.every(({ hostPort }) => host.onPort(hostPort) === undefined) ?? false;
      if (container !== undefined && free && !host.isGone) container.start('operator');
    }
  }
}

function join(world: World, scenario: Scenario, id: string): void {
  const zone = scenario.hosts[0]?.zone ?? 'a';
  world.timeline.record('world', { type: 'host.joined', host: hostId(id), zone });
  const host = addHost(world, scenario, id, zone);
  for (const { name, ports } of scenario.targetGroups) {
    const group = [...world.targetGroups.values()].find(({ settings }) => settings.name === name);
    for (const port of ports) {
      group?.register('world', { targetGroup: group.settings.arn, id: host.host.targetIds[0] ?? id, port });
    }
  }
}

function withHost(world: World, id: string, act: (host: FakeHost) => void): void {
  const host = [...world.hosts.values()].find((candidate) => candidate.host.id === id);
  if (host !== undefined) act(host);
}
