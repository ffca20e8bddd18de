import { describe, expect, it } from 'vitest';
import { findsFault, type DoctorReport } from '../../src/model/doctor-report.js';
import { awsError } from '../../src/errors/aws.js';
import { environmentName, hostId, runId } from '../../src/model/ids.js';
import { renderDoctor } from '../../src/report/doctor-view.js';
import { doctorWith, type DoctorOptions } from '../../src/check/doctor/doctor.js';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage } from '../stages/fleet-stage.js';

const options: DoctorOptions = { project: '/project', environment: 'test', extraVars: [], groups: [] };

const diagnose = async (stage: FleetStage, given: Partial<DoctorOptions> = {}): Promise<DoctorReport> =>
  stage.world.clock.run(doctorWith(await stage.ports(), { ...options, ...given }, stage.hooks));

const blipsOf = ({ hosts }: DoctorReport, id: string) =>
  hosts.find(({ host }) => host === id)?.findings.find(({ check }) => check === 'blips');

describe('the doctor', () => {
  it('looks at every host of the environment, changes nothing, and finds nothing wrong with a fleet that is well', async () => {
    const stage = new FleetStage({ hosts: 3 });
    const before = JSON.stringify({ ...stage.world.state(), at: 0 });
    const report = await diagnose(stage);
    expect(report.hosts.map(({ host }) => host)).toEqual(['i-1', 'i-2', 'i-3']);
    expect(findsFault(report)).toBe(false);
    expect(stage.mutations).toEqual([]);
    expect(JSON.stringify({ ...stage.world.state(), at: 0 })).toBe(before);
  });

  it('goes on with the others when a host does not answer, and says which cannot be deployed to', async () => {
    const stage = new FleetStage({ hosts: 3 });
    stage.host('i-2').lose();
    const report = await diagnose(stage);
    expect(findsFault(report)).toBe(true);
    const text = renderDoctor(report);
    expect(text).toMatch(/^ {2}i-2\s+ok\s+FAILED\s+-/m);
    expect(text).toMatch(/FAILED {2}i-2, tcp: .*\n {10}Check that the host runs/);
    expect(text).toContain('1 host of 3 cannot be deployed to');
  });

  it('looks at the image and the target groups of a group that is named', async () => {
    const stage = new FleetStage({ hosts: 1 });
    const { shared } = await diagnose(stage, { groups: ['api'] });
    expect(shared.map(({ check, status }) => `${check} ${status}`)).toEqual([
      'hosts ok',
      'account ok',
      'image ok',
      'target_groups ok',
    ]);
  });

  it('says when the image or a target group cannot be found', async () => {
    const stage = new FleetStage({ hosts: 1 });
    const missing = await diagnose(stage.with({ version: 'v9' }), { groups: ['api'] });
    expect(missing.shared).toContainEqual(expect.objectContaining({ check: 'image', status: 'failed' }));
    const other = new FleetStage({ hosts: 1 }).with({ target_groups: ['nowhere'] });
    const { shared } = await diagnose(other, { groups: ['api'] });
    expect(shared).toContainEqual(expect.objectContaining({ check: 'target_groups', status: 'failed' }));
  });

  it('outlasts a blip, and shows it', async () => {
    const stage = new FleetStage({ hosts: 2 });
    stage.host('i-2').lose();
    stage.world.clock.after(4_000, () => stage.host('i-2').find(), true);

    const report = await diagnose(stage);

    expect(findsFault(report)).toBe(false);
    expect(blipsOf(report, 'i-1')).toMatchObject({ status: 'ok', detail: 'none' });
    expect(blipsOf(report, 'i-2')).toMatchObject({
      status: 'warning',
      detail: expect.stringMatching(
        /^did not answer for a while, once just now; the last time for [4-9]/,
      ) as string,
      hint: expect.stringContaining('sshd') as string,
    });
    expect(renderDoctor(report)).toMatch(/warning {2}i-2, blips: did not answer/);
  });

  it('shows what blipped in the last runs whose journals are here, of its own environment', async () => {
    const stage = new FleetStage({ hosts: 2 });
    for (const id of ['i-1', 'i-1', 'i-2'] as const) {
      stage.release(image.healthy(), `v${stage.events.length + 2}`);
      stage.with({ version: `v${stage.events.length + 2}` });
      stage.atTask(id, 'health', 'task.started', () => {
        stage.host(id).lose();
        stage.world.clock.after(3_000, () => stage.host(id).find(), true);
      });
      expect((await stage.deploy()).blips).toBe(1);
    }
    const other = await stage.journals.create(runId('20990101T000000Z-00000000'));
    const elsewhere = {
      host: hostId('i-1'),
      source: 'engine',
      reason: 'x',
      duration: 1,
      at: Date.now(),
    } as const;
    await other.append({
      at: 0,
      type: 'run.ended',
      exit: 0,
      environment: environmentName('prod'),
      blips: [elsewhere],
    });

    const report = await diagnose(stage);

    const often =
      /^did not answer for a while, 2 times in the last 20 runs from here; the last time at 2\d{3}-\S+Z for \d/;
    expect(blipsOf(report, 'i-1')?.detail).toMatch(often);
    expect(blipsOf(report, 'i-2')?.detail).toContain('once in the last 20 runs from here');
    expect(report.shared.map(({ check }) => check)).not.toContain('blips');
    expect(findsFault(report)).toBe(false);
  });

  it('shows that AWS did not answer, once for all hosts', async () => {
    const stage = new FleetStage({ hosts: 2 });
    const call = { action: 'ec2:DescribeInstances', region: 'eu-west-1' };
    let failing = 2;
    stage.world.calls.intercept = async ({ port }, proceed) => {
      if (port === 'fleet' && failing-- > 0) {
        throw awsError(Object.assign(new Error('Rate exceeded'), { name: 'Throttling' }), call);
      }
      return proceed();
    };

    const { shared } = await diagnose(stage);

    expect(shared).toContainEqual(
      expect.objectContaining({
        check: 'blips',
        status: 'warning',
        detail: expect.stringContaining('just now') as string,
      }),
    );
  });

  it('tells what several hosts have in common once', async () => {
    const finding = { check: 'clock', status: 'warning', detail: 'it is 9 s behind', hint: 'Look.' } as const;
    const hosts = [1, 2, 3].map((n) => ({
      host: hostId(`i-${n}`),
      name: `api-${n}`,
      address: '',
      findings: [finding],
    }));
    const text = renderDoctor({ environment: environmentName('prod'), at: 0, shared: [], hosts });
    expect(text.match(/it is 9 s behind/g)).toHaveLength(1);
    expect(text).toContain('warning  api-[1:3], clock: it is 9 s behind');
  });
});
