import { goneOf, type HostSession } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { notRecovered } from '../errors/recover.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import { reportOf } from '../plan/plan-report.js';
import { planRoll } from '../plan/roll-plan.js';
import { refusalsPerHost } from '../plan/preflight.js';
import { refusalsOfFloor } from '../plan/refuse-floor.js';
import type { Playbook } from '../playbook/playbook.js';
import { checkPlaybook } from '../check/check-playbook.js';
import { heldByAnother } from '../recovery/held-by-another.js';
import { playedHosts } from '../run/chosen-hosts.js';
import { sessionOfJoiner, type GroupSessions } from '../run/group-sessions.js';
import type { PreparedGroup } from './plan-groups.js';
import { observeGroup, type ObservedGroup } from '../check/preflight.js';

export interface UnfitJoiner {
  readonly host: Host;
  readonly error: AdfError;
}

export interface PreparedJoiners {
  /** Those that can be rolled; absent when none can. */
  readonly prepared?: PreparedGroup;
  readonly unfit: readonly UnfitJoiner[];
  /** Terminated or stopped before they were looked at. */
  readonly gone: readonly Host[];
}

/** From one look at a machine that may still be starting up to the next. */
const lookAgainAfter: Milliseconds = 5_000;

/** As the preflight of a deploy, for hosts that joined; but one that is unfit is refused alone. */
export async function prepareJoiners(
  { opened: before }: PreparedGroup,
  joiners: readonly Host[],
  playbook: Playbook,
  listed: Inventory,
): Promise<PreparedJoiners> {
  const unfit = new Map<Host, AdfError>();
  const sessions: HostSession[] = [];
  for (const host of joiners) {
    try {
      const session = sessionOfJoiner(host, listed.group(before.group), before, listed);
      await checkPlaybook(playbook, [session], playedHosts(listed, [session]), { rolls: true });
      sessions.push(session);
    } catch (error) {
      unfit.set(host, errorsOf(error)[0]);
    }
  }
  before.run.floor.knowZones(joiners);
  const opened = { ...before, hosts: listed.group(before.group), sessions };
  const gone = new Set<HostId>();
  const prepared = sessions.length === 0 ? undefined : await prepare(opened, unfit, gone);
  if (prepared !== undefined) before.run.bus.emit({ type: 'plan.made', plan: reportOf(prepared.plan) });
  return {
    ...defined({ prepared }),
    unfit: [...unfit].map(([host, error]) => ({ host, error })),
    gone: joiners.filter(({ id }) => gone.has(id)),
  };
}

async function prepare(
  opened: GroupSessions,
  unfit: Map<Host, AdfError>,
  gone: Set<HostId>,
): Promise<PreparedGroup | undefined> {
  const { observation, unobserved } = await observeWhenUp(opened, gone);
  for (const { session, error } of unobserved) if (!gone.has(session.host.id)) unfit.set(session.host, error);
  const held = await Promise.all(
    observation.hosts.map(async ({ host }) => [host, await stillHeld(host, opened)] as const),
  );
  for (const [host, error] of held) if (error !== undefined) unfit.set(host, error);
  for (const { observation: one, refusals } of refusalsPerHost(observation)) {
    const [first] = refusals;
    if (first !== undefined) unfit.set(one.host, first);
  }
  const fit = { ...observation, hosts: observation.hosts.filter(({ host }) => !unfit.has(host)) };
  const [refusal] = fit.hosts.length === 0 ? [] : refusalsOfFloor(fit);
  if (refusal !== undefined) for (const { host } of fit.hosts) unfit.set(host, refusal);
  if (fit.hosts.length === 0 || refusal !== undefined) return undefined;
  const sessions = opened.sessions.filter(({ host }) => fit.hosts.some((one) => one.host === host));
  return {
    opened: { ...opened, sessions },
    observed: { observation: fit, unobserved: [] },
    plan: planRoll(fit),
    leftOut: [],
    keptOut: [],
  };
}

/**
 * Why a host is not rolled that went while an earlier run held it, and was started again since: rolled now, it would be taken back to what
 * that run found when it is recovered. The next deploy recovers it first.
 */
async function stillHeld(host: Host, { run, group }: GroupSessions): Promise<AdfError | undefined> {
  try {
    const found = await heldByAnother(host, run, group);
    return found && notRecovered(found, found.held);
  } catch (error) {
    return errorsOf(error)[0];
  }
}

/** A machine that was just started runs before its SSH server and its Docker Engine do: it is given what a lost host is given. */
async function observeWhenUp(opened: GroupSessions, gone: Set<HostId>): Promise<ObservedGroup> {
  const { run, settings } = opened;
  const { clock } = run.ports;
  const deadline = clock.elapsed() + settings.rollout.reconnect;
  for (;;) {
    const observed = await observeGroup(opened);
    const down = observed.unobserved
      .filter(({ error }) => mayComeUp(error))
      .map(({ session }) => session.host);
    for (const id of await goneOf(down, run)) gone.add(id);
    const awaited = down.filter(({ id }) => !gone.has(id));
    if (awaited.length === 0 || clock.elapsed() + lookAgainAfter > deadline) return observed;
    await clock.sleep(lookAgainAfter, run.stop.signal);
  }
}

const mayComeUp = ({ code }: AdfError): boolean =>
  ['ssh.unreachable', 'ssh.connection_lost'].includes(code) || code.startsWith('docker.');
