import type { FakeClock } from '../fakes/fake-clock.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import { image, type ImageBehaviour } from '../fakes/world/image-behaviour.js';
import type { FakeHost } from '../fakes/world/fake-host.js';
import { World } from '../fakes/world/world.js';
import {
  containerNameOfGroup,
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
  const previous = world.images.publish(repository, previousTag, image.healthy(1_000));
  world.images.publish(repository, releaseTag, behaviours[scenario.release]);
  for (const { id, zone } of scenario.hosts) {
    const host = world.addHost(id, { zone });
    host.networks.add('bridge');
    if (scenario.hasPrevious) {
      const { digest } = previous;
      const labels = labelsOf(containerNameOfGroup, { digest, version: previousTag });
      host.runs({ name: containerNameOfGroup, repository, digest, ports: scenario.ports, labels });
    }
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

/** Lets the scenario's accidents happen at their times. */
export function scheduleAccidents(world: World, { faults }: Scenario): void {
  const { clock, timeline } = world;
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
}

function withHost(world: World, id: string, act: (host: FakeHost) => void): void {
  const host = [...world.hosts.values()].find((candidate) => candidate.host.id === id);
  if (host !== undefined) act(host);
}
