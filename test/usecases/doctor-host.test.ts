import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineRuntime } from '../../src/docker/engine-runtime.js';
import { hostChecks, type HostDiagnosis } from '../../src/model/doctor-report.js';
import type { Host } from '../../src/model/host.js';
import { hostId } from '../../src/model/ids.js';
import type { Clock } from '../../src/ports/clock.js';
import { clockFinding, ownClock } from '../../src/check/doctor/clocks.js';
import { examineHost } from '../../src/check/doctor/examine-host.js';
import { describeWithSshd, freePort, Sshd } from '../stages/sshd.js';
import { containing, matching } from '../stages/matching.js';
import { systemClock } from '../stages/system-clock.js';

/** Nothing is asked again here. */
const once = <T>(act: () => Promise<T>): Promise<T> => act();

const statuses = ({ findings }: HostDiagnosis): Readonly<Record<string, string>> =>
  Object.fromEntries(findings.map(({ check, status }) => [check, status]));

/** All checks before this one passed, it failed, and none after it was made. */
const stoppedAt = (check: (typeof hostChecks)[number]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    hostChecks.map((one, index) => {
      const place = hostChecks.indexOf(check);
      return [one, index < place ? 'ok' : index === place ? 'failed' : 'not_checked'];
    }),
  );

describeWithSshd('doctor, on a host with a real OpenSSH server', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await Sshd.start();
  });
  afterAll(() => sshd.stop());

  const examine = async (host: Host, clock: Clock = systemClock): Promise<HostDiagnosis> => {
    const transport = sshd.transport();
    const ports = { transport, runtime: new EngineRuntime(transport, systemClock), clock, outlast: once };
    try {
      return await examineHost(host, ports, new AbortController().signal);
    } finally {
      await transport.close();
    }
  };
  const finding = ({ findings }: HostDiagnosis, check: string) => findings.find((one) => one.check === check);

  test('a session that works is timed, and tells its shell and its clock', async () => {
    const diagnosis = await examine(sshd.host());

    expect(statuses(diagnosis)).toMatchObject({
      name: 'ok',
      tcp: 'ok',
      host_key: 'ok',
      authentication: 'ok',
      shell: 'ok',
      clock: 'ok',
    });
    expect(finding(diagnosis, 'shell')?.detail).toMatch(/^\w+, \d+ ms a command$/);
    expect(finding(diagnosis, 'authentication')?.detail).toMatch(/^connected in \d+ ms$/);
    expect(diagnosis.clockAhead).toBe(0);
  });

  test('a name that does not exist is found at the name', async () => {
    const diagnosis = await examine(sshd.host({}, { address: 'no-such-host.invalid' }));
    expect(statuses(diagnosis)).toEqual(stoppedAt('name'));
    expect(finding(diagnosis, 'name')?.hint).toContain('resolve');
  });

  test('a port on which nothing listens is found at TCP', async () => {
    expect(statuses(await examine(sshd.host({ port: await freePort() })))).toEqual(stoppedAt('tcp'));
  });

  test('a host key that is not known is found at the host key', async () => {
    const empty = join(sshd.folder, 'nobody-known');
    writeFileSync(empty, '');
    const diagnosis = await examine(sshd.host({ knownHostsFile: empty }));
    expect(statuses(diagnosis)).toEqual(stoppedAt('host_key'));
  });

  test('a key that is not let in is found at authentication', async () => {
    const diagnosis = await examine(sshd.host({ identityFile: join(sshd.folder, 'host_ed25519') }));
    expect(statuses(diagnosis)).toEqual(stoppedAt('authentication'));
  });

  test('of a host that is left alone since others refused the key, nothing but that is told', async () => {
    const transport = sshd.transport();
    const runtime = new EngineRuntime(transport, systemClock);
    const ports = { transport, runtime, clock: systemClock, outlast: once };
    const hosts = [1, 2, 3].map((n) =>
      sshd.host({ identityFile: join(sshd.folder, 'host_ed25519') }, { id: hostId(`refusing-${n}`) }),
    );
    try {
      const diagnoses: HostDiagnosis[] = [];
      for (const host of hosts) diagnoses.push(await examineHost(host, ports, new AbortController().signal));
      const last = diagnoses.at(-1);
      expect(last && statuses(last)).toEqual(
        Object.fromEntries(
          hostChecks.map((check) => [check, check === 'authentication' ? 'failed' : 'not_checked']),
        ),
      );
    } finally {
      await transport.close();
    }
  });

  test('a host without Docker fails at Docker, and says what to do', async () => {
    const diagnosis = await examine(sshd.host({}, { docker: { socket: '/run/there-is-no-engine.sock' } }));
    expect(statuses(diagnosis)).toMatchObject({ shell: 'ok', docker: 'failed' });
    expect(finding(diagnosis, 'docker')?.hint).toContain('docker: { socket }');
  });

  test('a clock that is off is told with its direction', async () => {
    const hourBehind: Clock = { ...clockOf(systemClock), now: () => systemClock.now() - 3_600_000 };
    const diagnosis = await examine(sshd.host(), hourBehind);
    expect(finding(diagnosis, 'clock')).toMatchObject({
      status: 'warning',
      detail: matching(/^it is 3[56]\d\d s ahead of this machine$/),
    });
  });

  test('start-up files that are slow, and those that print, are named with their cost', async () => {
    const own = await Sshd.start();
    try {
      writeFileSync(join(own.folder, '.bashrc'), 'sleep 0.3\n');
      const host = own.host();
      const slow = await examine(host);
      expect(finding(slow, 'shell')).toMatchObject({ status: 'ok' });
      expect(finding(slow, 'start_up_files')).toMatchObject({
        status: 'warning',
        detail: matching(/^~\/\.bashrc \(or what it reads\) costs every command \d{3} ms$/),
      });
      appendFileSync(join(own.folder, '.bashrc'), 'echo Welcome to the machine\n');
      expect(finding(await examine(host), 'shell')).toMatchObject({
        status: 'warning',
        detail: containing('prints "Welcome to the machine" for every command'),
      });
    } finally {
      await own.stop();
    }
  });
});

const clockOf = (clock: Clock): Clock => ({
  now: () => clock.now(),
  elapsed: () => clock.elapsed(),
  sleep: (duration, signal) => clock.sleep(duration, signal),
});

describe('clocks', () => {
  test('a difference that a person would not notice is none', () => {
    expect(clockFinding(4_000).status).toBe('ok');
    expect(clockFinding(-5_001)).toMatchObject({
      status: 'warning',
      detail: 'it is 5 s behind this machine',
    });
    expect(clockFinding(undefined).status).toBe('not_checked');
  });

  test('hosts that agree on another time mean that this machine is wrong', () => {
    const ahead = (...values: number[]) => ownClock(values.map((clockAhead) => ({ clockAhead })));
    expect(ahead(60_000, 61_000, 59_500)).toMatchObject([{ status: 'warning', check: 'own_clock' }]);
    expect(ahead(60_000, 0, 59_500)).toEqual([]);
    expect(ahead(60_000)).toEqual([]);
    expect(ahead(0, 1_000)).toEqual([]);
  });
});
