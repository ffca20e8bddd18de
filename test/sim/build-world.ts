import type { FakeClock } from '../fakes/fake-clock.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import { image, type ImageBehaviour } from '../fakes/world/image-behaviour.js';
import type { FakeHost } from '../fakes/world/fake-host.js';
import { World } from '../fakes/world/world.js';
import { hostId } from '../../src/model/ids.js';
import type { OperatorAct, Prune } from './faults.js';
import {
  containerNameOfGroup,
  otherTag,
  previousTag,
  releaseTag,
  repository,
  type ReleaseKind,
  type Scenario,
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
  world.images.publish(repository, releaseTag, behaviours[scenario.release]);
  const other = world.images.publish(repository, otherTag, image.healthy(1_500));
  // What whoever forgets to say which release means.
  world.images.moveTag(repository, 'latest', other.digest);
  if (scenario.scaling !== undefined) {
    world.addScalingGroup(scalingGroupName, { suspendedProcesses: scenario.scaling.suspended });
  }
  for (const { id, zone } of scenario.hosts) {
    const host = addHost(world, scenario, id, zone);
    if (scenario.faults.diskFull.includes(id)) host.freeBytes = 1_000;
    if (scenario.faults.unreachable.includes(id)) host.lose();
  }
  for (const { name, ports, ...settings } of scenario.targetGroups) {
    const group = world.addTargetGroup(name, settings);
    for (const host of world.hosts.values()) {
      for (const port of ports)
        world.registered(group, host, port, scenario.hasPrevious ? 'healthy' : 'unhealthy');
    }
  }
  return world;
}

const scalingGroupName = 'api-asg';

/** A host as the scenario says that it was before. */
function addHost(
  world: World,
  { hasPrevious, ports, scaling }: Scenario,
  id: string,
  zone: string,
): FakeHost {
  const host = world.addHost(id, {
    zone,
    ...(scaling === undefined ? {} : { autoScalingGroup: scalingGroupName }),
  });
  host.networks.add('bridge');
  const digest = world.images.tagged(repository, previousTag);
  if (hasPrevious && digest !== undefined) {
    const labels = labelsOf(containerNameOfGroup, { digest, version: previousTag });
    host.runs({ name: containerNameOfGroup, repository, digest, ports, labels });
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
  for (const { host: id, at: time, lasts, of } of faults.blips) {
    withHost(world, id, (host) => {
      at(time, `the ${of} of ${id} is away for a moment`, () =>
        of === 'connection' ? host.lose() : host.restartEngine(lasts, { liveRestore: true }),
      );
      if (of === 'connection') at(time + lasts, `${id} is back`, () => host.find());
    });
  }
  for (const { host: id, at: time } of faults.crashes) {
    withHost(world, id, (host) =>
      at(time, `the container of ${id} crashes`, () => host.named(containerNameOfGroup)?.exit(139)),
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
  for (const { host: id, at: time, lasts } of faults.reboots) {
    withHost(world, id, (host) => at(time, `${id} is rebooted`, () => host.reboot(lasts)));
  }
  for (const { host: id, at: time, what } of faults.prunes) {
    withHost(world, id, (host) =>
      at(time, `the ${what} of ${id} are pruned`, () => prune(world, host, what)),
    );
  }
  for (const { host: id, at: time, does } of faults.operators) {
    withHost(world, id, (host) =>
      at(time, `somebody does by hand: ${does} ${id}`, () => operate(world, scenario, host, does)),
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

const registrationsOf = (world: World, { host }: FakeHost) =>
  [...world.targetGroups.values()].flatMap((group) =>
    group
      .health()
      .filter(({ registration }) => host.targetIds.includes(registration.id))
      .map(({ registration }) => ({ group, registration })),
  );

/** Volumes that no container uses, or containers that do not run. */
function prune(world: World, host: FakeHost, what: Prune['what']): void {
  if (what === 'containers') {
    for (const container of host.containers.values()) {
      if (!container.running) host.remove('operator', container);
    }
    return;
  }
  for (const [key, { run, hold }] of host.holds) {
    host.holds.delete(key);
    world.timeline.record('operator', { type: 'hold.forgotten', host: host.host.id, run, hold: hold.id });
  }
}

/** What a person does by hand, without asking the program. */
function operate(world: World, scenario: Scenario, host: FakeHost, does: OperatorAct['does']): void {
  const container = host.named(containerNameOfGroup);
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
