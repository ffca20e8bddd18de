import { nothingToDrain } from '../../errors/drain.js';
import { defined } from '../../model/defined.js';
import type { DrainedHost } from '../../model/drained-hosts.js';
import { registrationHolds } from '../../model/holds/registration.js';
import type { DrainedChange } from '../../ports/drained.js';
import type { TrafficContext } from './guarded-traffic.js';

/** Writes down that the host stays out of service when the run ends; what it was taken out of is no longer held by the run. */
export async function keepOut(reason: string | undefined, context: TrafficContext): Promise<void> {
  const { run, host, known } = context;
  const drained: DrainedHost = {
    host: host.id,
    name: host.name,
    run: run.id,
    who: run.owner.who,
    since: run.ports.clock.now(),
    ...defined({ reason }),
  };
  await record({ drained }, 'write down that it is drained', context);
  known.keptOut = drained;
  await run.holds.settle(registrationHolds(run.holds.openOf(host.id)), 'kept');
}

/**
 * Ends on record that the host is kept out, where it came back. To be called once its holds are settled: a run that dies before takes it out
 * again, and then it is drained as before.
 */
export async function endKeptOut(context: TrafficContext): Promise<void> {
  const { run, host, known } = context;
  if (known.keptOut === undefined || !known.isBack) return;
  await record({ back: { host: host.id, run: run.id } }, 'write down that it is back', context);
  known.keptOut = undefined;
}

async function record(
  change: DrainedChange,
  what: string,
  { run, host, group, activity, eventHost }: TrafficContext,
): Promise<void> {
  const { drained } = run.ports;
  if (drained === undefined || group === undefined) throw nothingToDrain(host);
  const of = { environment: run.environment, group: group.name, hosts: group.hosts };
  const warnings = await run.gate.perform(
    { where: 'host', host, what, restoring: activity.restoring },
    activity.signal,
    () => drained.change(of, change),
  );
  for (const message of warnings) run.bus.emit({ type: 'warning', host: eventHost, message });
}
