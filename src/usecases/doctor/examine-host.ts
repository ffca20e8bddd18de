import { hostChecks, type Finding, type HostCheck, type HostDiagnosis } from '../../model/doctor-report.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import type { Clock } from '../../ports/clock.js';
import type { ContainerRuntime } from '../../ports/container-runtime.js';
import type { Transport } from '../../ports/transport.js';
import { attempt } from './attempt.js';
import { clockFinding } from './clocks.js';
import { ok, unreached } from './findings.js';
import { diskFinding, dockerFinding } from './engine-findings.js';
import { shellFinding, startUpFinding } from './session-findings.js';
import { lookAtSession } from './session-look.js';

interface Ports {
  readonly transport: Transport;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
}

/** Goes phase by phase as far as the host lets it. What does not work is a finding; a bug of ours is thrown. */
export async function examineHost(
  host: Host,
  { transport, runtime, clock }: Ports,
  signal: AbortSignal,
): Promise<HostDiagnosis> {
  const begun = clock.elapsed();
  const reached = await attempt(() => transport.connect(host, signal));
  if ('error' in reached) return diagnosis(host, unreached(reached.error));
  const way = throughTheDoor(host, clock.elapsed() - begun);
  const session = await attempt(() => lookAtSession(reached.value, clock, signal));
  const engine = await attempt(() => runtime.on(host).info());
  const clockAhead = 'value' in session ? session.value.clockAhead : undefined;
  return {
    ...diagnosis(host, [
      ...way,
      shellFinding(session),
      startUpFinding(session),
      clockFinding(clockAhead),
      dockerFinding(engine),
      diskFinding(host, engine, session),
    ]),
    ...(clockAhead === undefined ? {} : { clockAhead }),
  };
}

/** What is proven by having a connection. */
const throughTheDoor = ({ address, ssh }: Host, duration: Milliseconds): readonly Finding<HostCheck>[] => [
  ok('name', address),
  ok('tcp', ssh.proxyJump === undefined ? 'answers' : `answers, through ${ssh.proxyJump}`),
  ok('host_key', 'known'),
  ok('authentication', `connected in ${Math.round(duration)} ms`),
];

/** A check without a finding was not made. */
const diagnosis = ({ id, name, address }: Host, findings: readonly Finding<HostCheck>[]): HostDiagnosis => ({
  host: id,
  name,
  address,
  findings: hostChecks.map(
    (check) =>
      findings.find((finding) => finding.check === check) ?? { check, status: 'not_checked', detail: '' },
  ),
});
