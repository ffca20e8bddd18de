import { loadProject } from '../../src/config/project.js';
import { Redaction } from '../../src/events/redaction.js';
import { FleetPresence } from '../../src/inventory/fleet-presence.js';
import { loadInventory } from '../../src/inventory/inventory.js';
import { Notices } from '../../src/world/notices.js';
import type { World } from '../../src/world/world.js';
import { RecordedFiles } from '../../src/world/project-digest.js';
import { MemoryFiles } from '../fakes/memory-files.js';
import { MemoryRetry } from '../fakes/memory-journal.js';
import { MemoryHostFiles } from '../fakes/memory-host-files.js';
import { environmentVariables } from './canaries.js';
import { environment, playbookOf, projectOf } from './project-of.js';
import type { SimulatedPorts } from './simulate.js';

/** The simulated ports as a use case meets the world, with a project that says what the scenario does. */
export async function worldOf(ports: SimulatedPorts): Promise<World> {
  const {
    clock,
    random,
    transport,
    runtime,
    http,
    traffic,
    registry,
    journals,
    hostHolds,
    fence,
    processes,
    leases,
    scaling,
    fleet,
  } = ports;
  const files = new RecordedFiles(new MemoryFiles(projectOf(ports.scenario, ports.launch.tag)));
  const redaction = new Redaction();
  const project = await loadProject(files, '/project', {
    keeper: redaction,
    environment: (name) => environmentVariables[name],
  });
  return {
    clock,
    begun: clock.elapsed(),
    random,
    files,
    redaction,
    hostFiles: new MemoryHostFiles(),
    transport,
    runtime,
    http,
    traffic,
    registry,
    notices: new Notices(),
    retry: new MemoryRetry(),
    journals,
    hostHolds,
    presence: new FleetPresence(fleet),
    fence,
    processes,
    leases,
    scaling,
    leaseDuration: 60_000,
    owner: { who: `ann@${ports.launch.machine}` },
    listHosts: () => loadInventory(project, environment, () => fleet),
    playbook: () => Promise.resolve(playbookOf(ports.scenario)),
    close: () => transport.close(),
  };
}
