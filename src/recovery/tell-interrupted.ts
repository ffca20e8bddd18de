import type { EventBus } from '../events/bus.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import { describeHold } from '../model/hold.js';
import type { InterruptedStatus } from '../model/status-report.js';
import type { InterruptedRun } from '../plan/interrupted-run.js';
import type { RecoveredRun } from './recover-run.js';

/** An interrupted run as people see it. */
export function interruptedStatus(
  { run, verb, groupNames, owner, at, held }: InterruptedRun,
  { hosts }: Inventory,
): InterruptedStatus {
  const names = new Map(hosts.map(({ id, name }) => [id, name]));
  return {
    run,
    verb,
    groups: groupNames,
    ...owner,
    since: at,
    held: [...Map.groupBy(held, ({ host }) => host)].map(([host, holds]) => ({
      host,
      name: names.get(host) ?? host,
      what: holds.map(describeHold),
    })),
  };
}

/** Tells of an interrupted run; when it is recovered now, each hold is told as held by this process. */
export function tellInterrupted(
  { run, verb, groupNames, owner: { who, link }, at, held }: InterruptedRun,
  { hosts }: Inventory,
  bus: EventBus,
  recovering: boolean,
): void {
  const names = new Map(hosts.map(({ id, name }) => [id, name]));
  bus.emit({
    type: 'recovery.found',
    run,
    verb,
    groups: groupNames,
    who,
    ...defined({ link }),
    since: at,
    held: [...Map.groupBy(held, ({ host }) => host)].map(([id, holds]) => ({
      host: { id, name: names.get(id) ?? id },
      what: holds.map(describeHold),
    })),
    recovering,
  });
  if (!recovering) return;
  for (const hold of held) {
    const host = { id: hold.host, name: names.get(hold.host) ?? hold.host };
    bus.emit({ type: 'hold.opened', host, hold: hold.id, what: describeHold(hold) });
  }
}

export function tellRecovered({ run, hosts }: RecoveredRun, bus: EventBus): void {
  const ended = (named: boolean) =>
    hosts
      .filter(({ untouched }) => untouched !== true)
      .filter(({ reason }) => (reason !== undefined) === named)
      .map(({ host, name }) => ({ id: host, name }));
  bus.emit({ type: 'recovery.ended', run: run.run, restored: ended(false), named: ended(true) });
}
