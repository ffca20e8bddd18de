import { secretUnmasked } from '../errors/secrets.js';
import type { Redaction } from '../events/redaction.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { Traffic } from '../ports/traffic.js';
import { SharedTraffic } from '../traffic/shared-traffic.js';
import { Blips } from './blips.js';
import { HoldBook } from './holds/hold-book.js';
import { FloorGuard } from './interlocks/floor-guard.js';
import { LeasedTraffic } from './interlocks/leased-traffic.js';
import { MutationGate } from './interlocks/mutation-gate.js';
import { Reservations } from './interlocks/reservations.js';
import { Jobs } from './jobs.js';
import { PinnedImages } from './pinned-images.js';
import { RunOnce } from './roll/run-once.js';
import type { EnginePorts, Run } from './run.js';
import { Tally } from './tally.js';
import { TargetGroups } from './target-groups.js';

/** What makes a run, besides what the engine makes for it. */
export interface NewRun extends Pick<
  Run,
  | 'id'
  | 'verb'
  | 'begun'
  | 'environment'
  | 'owner'
  | 'bus'
  | 'stop'
  | 'checkMode'
  | 'forks'
  | 'extraVars'
  | 'tags'
  | 'steps'
  | 'undrains'
> {
  /** As the world has them: what guards and shares them is made here. */
  readonly ports: Omit<EnginePorts, 'traffic'> & { readonly traffic: Traffic };
  /** How long a reservation of a place lives that is not renewed. */
  readonly leaseDuration: Milliseconds;
  readonly redaction: Redaction;
}

/** Makes what all parts of one run share, with its interlocks around the ports. */
export function newRun({ ports: given, leaseDuration, redaction, ...known }: NewRun): Run {
  const { id, bus } = known;
  const { clock, random, journal, fence, presence, registry } = given;
  const gate = new MutationGate({ journal, clock, fence });
  const blips = new Blips({ clock, random, bus, presence });
  const traffic = new SharedTraffic(new LeasedTraffic(given.traffic, gate), clock, { patience: blips.cloud });
  const ports = { ...given, traffic };
  const reservations = new Reservations({
    traffic,
    clock,
    run: id,
    lifetime: leaseDuration,
    warn: (message) => bus.emit({ type: 'warning', message }),
  });
  const tally = new Tally();
  redaction.onUnmasked((name) => {
    const message = secretUnmasked(name);
    bus.emit({ type: 'warning', message });
    tally.warn(message);
  });
  const startedAt = clock.now() - (clock.elapsed() - known.begun);
  const own = { gate, blips, reservations, tally, jobs: new Jobs(), hostVariables: new Map() };
  const shared = { ...known, startedAt, ports, ...own };
  return {
    ...shared,
    holds: holdBook(shared),
    floor: floorGuard(shared, id),
    images: new PinnedImages(registry, ({ server, password }) =>
      redaction.add(password, `the password of ${server}`),
    ),
    targetGroups: new TargetGroups(traffic),
    runOnce: new RunOnce(),
  };
}

/** The run as one of its groups sees it: a host in two groups is held, and its floor is kept, for each on its own. */
export const forGroup = (run: Run, group: GroupName): Run => ({
  ...run,
  holds: holdBook(run, () => group),
  floor: floorGuard(run, group),
  runOnce: new RunOnce(),
});

/** The run of a playbook over hosts of several groups: each host is held for its own group, and `run_once` is for all of them. */
export const forHostsOfGroups = (run: Run, groupOf: (host: Host) => GroupName | undefined): Run => ({
  ...run,
  holds: holdBook(run, groupOf),
});

type Shared = Omit<Run, 'holds' | 'floor' | 'images' | 'targetGroups' | 'runOnce'>;

const holdBook = (
  { id, verb, environment, owner, gate, blips, stop, bus, ports }: Shared,
  groupOf?: (host: Host) => GroupName | undefined,
): HoldBook =>
  new HoldBook({
    ...ports,
    gate,
    blips,
    stop: stop.signal,
    bus,
    run: { run: id, verb, environment, owner },
    ...defined({ groupOf }),
  });

const floorGuard = ({ ports, blips, environment, reservations }: Shared, of: string): FloorGuard =>
  new FloorGuard({ ...ports, blips }, reservations.of(`${environment}/${of}`));
