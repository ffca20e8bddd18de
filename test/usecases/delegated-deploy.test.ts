import { describe, expect, it } from 'vitest';
import { groupName } from '../../src/model/ids.js';
import { FleetStage, packaged } from '../stages/fleet-stage.js';

const drain = '    - name: drain\n';
const stageOf = (task: string): FleetStage => {
  const playbook = packaged.replace(drain, `    - ${task}\n\n${drain}`);
  const stage = new FleetStage({ hosts: 2, playbook });
  stage.join('db-1', { groups: [groupName('db')] });
  return stage;
};
const ranOn = (stage: FleetStage): readonly string[] =>
  stage.transport.commands.map(({ host, text }) => `${host.id} ${text.trim()}`);

describe('a deploy whose tasks act on another host', () => {
  it.each(['db-1', "'{{ groups.db.[0] }}'"])(
    'is refused before any change when it has no lease for it: %s',
    async (to) => {
      const stage = stageOf(`{ command: migrate, delegate_to: ${to} }`);
      await expect(stage.deploy()).rejects.toMatchObject({
        code: 'interlock.not_leased',
        class: 'refused',
        at: { file: 'playbooks/deploy.yml' },
      });
      expect(stage.mutations).toEqual([]);
    },
  );

  it('goes ahead where it only looks there, or acts on a host of the group', async () => {
    const stage = stageOf("{ command: 'note {{ inventory_hostname }}', delegate_to: i-1 }");
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(ranOn(stage)).toEqual(expect.arrayContaining(['i-1 note i-1', 'i-1 note i-2']));

    const looking = stageOf('{ stat: { path: /etc/hosts }, delegate_to: db-1 }');
    expect(await looking.deploy()).toMatchObject({ exit: 0 });
  });
});
