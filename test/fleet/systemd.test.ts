import { expect, inject, onTestFinished, test } from 'vitest';
import { changedOn } from './changed-on.js';
import { dockerAt } from './engine/engine.js';
import { expectExit } from './expect-exit.js';
import type { PlainHost } from './host/plain-host.js';
import { systemdImage } from './image/host-image.js';
import { startOwnHosts, withSystemd } from './own-hosts.js';
import { PlainProject } from './plain-project.js';

const machines = inject('machines');

const unit = `[Unit]
Description=beats
[Service]
Environment=BEAT={{ beat }}
ExecStart=/bin/sleep infinity
ExecReload=/bin/touch /run/reloaded
[Install]
WantedBy=multi-user.target
`;

/** Installs the unit, and has it run: the tasks that most services of a host are kept by. */
const service = [
  {
    hosts: 'all',
    become: true,
    tasks: [
      { copy: { dest: '/lib/systemd/system/beat.service', content: unit }, notify: 'restart' },
      { systemd: { name: 'beat', state: 'started', enabled: true } },
    ],
    handlers: [{ name: 'restart', systemd: { name: 'beat', state: 'restarted', daemon_reload: true } }],
  },
];

const playing = (task: Readonly<Record<string, unknown>>) => [{ hosts: 'all', become: true, tasks: [task] }];

/** What systemd says of the unit, and the setting that its process has. */
async function lookAt(host: PlainHost) {
  const shown = await host.sh('systemctl show beat --property=ActiveState,UnitFileState,MainPID');
  const valueOf = (property: string): string => new RegExp(`^${property}=(.*)$`, 'm').exec(shown)?.[1] ?? '';
  const pid = valueOf('MainPID');
  const beat = pid === '0' ? '' : await host.sh(`tr '\\0' '\\n' < /proc/${pid}/environ | sed -n s/^BEAT=//p`);
  return { pid, active: valueOf('ActiveState'), enabled: valueOf('UnitFileState'), beat: beat.trim() };
}

test.skipIf(machines === undefined)(
  'systemd and service keep a unit on a host that systemd runs',
  async () => {
    if (machines === undefined) return;
    const image = await systemdImage(dockerAt(machines.engine));
    const own = await startOwnHosts(machines, ['sys'], withSystemd(image));
    onTestFinished(async () => own.stop());
    const [host] = own.hosts as [PlainHost];
    const project = new PlainProject(own.machines);
    onTestFinished(() => {
      project.remove();
    });
    project.inventory(new Map([[host, { groups: ['machines'] }]]));
    await host.sh('systemctl is-system-running --wait || true');
    project.write('playbooks/service.yml', service);
    const keep = async (beat: string) => project.run('service', '-e', `beat=${beat}`).ended;
    const play = async (task: Readonly<Record<string, unknown>>) => {
      project.write('playbooks/one.yml', playing(task));
      return project.run('one').ended;
    };

    // A unit that systemd does not know yet is installed, runs, and starts with the machine.
    expectExit(await keep('one'), 0);
    const first = await lookAt(host);
    expect(first).toMatchObject({ active: 'active', enabled: 'enabled', beat: 'one' });

    const again = await keep('one');
    expectExit(again, 0);
    expect(changedOn(again)).toEqual({ sys: 0 });
    expect(await lookAt(host)).toEqual(first);

    // The unit's file is another: the new process has its setting only when systemd has read it again.
    expectExit(await keep('two'), 0);
    const second = await lookAt(host);
    expect(second).toMatchObject({ active: 'active', enabled: 'enabled', beat: 'two' });
    expect(second.pid).not.toBe(first.pid);

    // Restarted and reloaded always act; the latter leaves the process.
    expectExit(await play({ service: { name: 'beat', state: 'restarted' } }), 0);
    const third = await lookAt(host);
    expect(third).toMatchObject({ active: 'active', beat: 'two' });
    expect(third.pid).not.toBe(second.pid);
    expectExit(await play({ service: { name: 'beat', state: 'reloaded' } }), 0);
    expect(await lookAt(host)).toEqual(third);
    await host.sh('test -e /run/reloaded');

    // A dry run says what it would do, and does nothing.
    project.write(
      'playbooks/stop.yml',
      playing({ service: { name: 'beat', state: 'stopped', enabled: false } }),
    );
    const dry = await project.run('stop', '--check', '--exit-code').ended;
    expectExit(dry, 6);
    expect(await lookAt(host)).toEqual(third);
    for (const changed of [1, 0]) {
      const stopped = await project.run('stop').ended;
      expectExit(stopped, 0);
      expect(changedOn(stopped)).toEqual({ sys: changed });
      expect(await lookAt(host)).toEqual({ pid: '0', active: 'inactive', enabled: 'disabled', beat: '' });
    }

    // One that is masked cannot start; a program that ends at once is no started service; a unit that is not there is none.
    expectExit(await play({ systemd: { name: 'beat', masked: true } }), 0);
    await host.sh('test "$(systemctl is-enabled beat || true)" = masked');
    expectExit(await play({ service: { name: 'beat', state: 'started' } }), 4);
    await host.sh('systemctl unmask beat; sed -i "s/sleep infinity/false/" /lib/systemd/system/beat.service');
    expectExit(await play({ systemd: { name: 'beat', state: 'started', daemon_reload: true } }), 4);
    const missing = await play({ service: { name: 'heart', state: 'started' } });
    expectExit(missing, 4);
    expect(missing.stdout).toContain('heart');
  },
);
