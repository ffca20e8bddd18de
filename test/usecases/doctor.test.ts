import { describe, expect, it } from 'vitest';
import { findsFault, type DoctorReport } from '../../src/model/doctor-report.js';
import { environmentName, hostId } from '../../src/model/ids.js';
import { renderDoctor } from '../../src/report/doctor-view.js';
import { doctorWith, type DoctorOptions } from '../../src/usecases/doctor/doctor.js';
import { FleetStage } from '../engine/fleet-stage.js';

const options: DoctorOptions = { project: '/project', environment: 'test', extraVars: [], groups: [] };

const diagnose = async (stage: FleetStage, given: Partial<DoctorOptions> = {}): Promise<DoctorReport> =>
  stage.world.clock.run(doctorWith(await stage.ports(), { ...options, ...given }, stage.hooks));

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
