import { defined } from '../../model/defined.js';
import { hostChecks, type Finding, type HostCheck, type HostDiagnosis } from '../../model/doctor-report.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import type { Clock } from '../../ports/clock.js';
import type { ContainerRuntime } from '../../ports/container-runtime.js';
import type { Patience } from '../../ports/retry.js';
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
  /** What is asked of the host is asked again by this, when a blip kept it from being answered. */
  readonly outlast: Patience['outlast'];
}

/** Goes phase by phase as far as the host lets it. What does not work is a finding; a bug of ours is thrown. */
export async function examineHost(
  host: Host,
  { transport, runtime, clock, outlast }: Ports,
  signal: AbortSignal,
): Promise<HostDiagnosis> {
  const reached = await attempt(() =>
    outlast(async () => {
      const begun = clock.elapsed();
      await transport.connect(host, signal);
      return clock.elapsed() - begun;
    }),
  );
  if ('error' in reached) return diagnosis(host, unreached(reached.error));
  const way = throughTheDoor(host, reached.value);
  const session = await attempt(() =>
    outlast(async () => lookAtSession(await transport.connect(host, signal), clock, signal)),
  );
  const engine = await attempt(() => outlast(() => runtime.on(host).info()));
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
    ...defined({ clockAhead }),
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
