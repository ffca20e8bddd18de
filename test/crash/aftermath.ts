import type { LoadReport } from '../../src/lab/load.js';
import { until } from '../stages/until.js';
import { leaseDuration, type Ended, type Lane } from '../stages/lane.js';

/** What is wrong with a run that was to be killed. One whose journal turned out shorter may have come to its end. */
export const wrongWithKilled = (ended: Ended, ends: readonly number[]): readonly string[] =>
  ended.signal === 'SIGKILL' || (ended.exit !== undefined && ends.includes(ended.exit))
    ? []
    : [`the run that was to be killed ended with ${describe(ended)}`];

/** What is wrong with how the restoring process ended: nothing may be held any more. */
export const wrongWithRestoring = (ended: Ended): readonly string[] =>
  ended.exit === 0 ? [] : [`restoring ended with ${describe(ended)}`];

const describe = ({ exit, signal, took, stdout, stderr }: Ended): string =>
  `${signal ?? `exit code ${exit ?? '?'}`} after ${Math.round(took)} ms\n${stdout}\n${stderr}`;

/** What is wrong with a fleet that should be whole: seen on the hosts and in the balancer, whatever the program said. */
export async function wrongWithFleet(
  lane: Lane,
  versions: readonly string[],
  load: LoadReport,
): Promise<readonly string[]> {
  // A run that was killed before it took anything left its lease, which nobody has to take over: it runs out.
  await until(() => lane.leases().length === 0, leaseDuration + 1_000).catch(() => undefined);
  const [running, states] = [lane.running(), lane.inService()];
  const allowed = versions.map((version) => `api ${version}`);
  return [
    ...(running.every((one) => allowed.includes(one)) ? [] : [`the hosts run ${running.join(', ')}`]),
    ...(states.every((state) => state === 'healthy') ? [] : [`the balancer says ${states.join(', ')}`]),
    ...lane.holds().map((hold) => `still held on ${hold}`),
    ...lane.leases().map((lease) => `still leased on ${lease}`),
    ...(load.failed === 0
      ? []
      : [`${load.failed} of ${load.sent} requests failed: ${JSON.stringify(load.failures)}`]),
    ...(load.sent > 0 ? [] : ['no request was sent']),
  ];
}
