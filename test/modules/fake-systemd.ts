import type { CommandResult } from '../../src/ports/transport.js';
import type { CommandScript } from '../fakes/fake-transport.js';

export interface FakeUnit {
  active: 'active' | 'inactive' | 'failed' | 'activating';
  enablement: string;
  /** It ends as soon as it is started. */
  readonly crashes?: boolean;
  readonly canReload?: boolean;
}

/** systemd's answers as written by hand after Debian 12 (systemd 252): what the scripts of the modules ask and do is answered for these units. */
export class FakeSystemd {
  readonly units = new Map<string, FakeUnit>();
  /** What `systemctl` was asked to do: `system start nginx`. */
  readonly done: string[] = [];
  /** Units that are known once the files are read again. */
  readonly unread = new Map<string, FakeUnit>();

  readonly script: CommandScript = ({ command }) => {
    if (!('argv' in command)) return undefined;
    const [, , script = '', , ...args] = command.argv;
    if (script.includes('kind=openrc')) return exit(3);
    if (script.includes('list-unit-files'))
      return { stdout: [...this.units.keys()].map((name) => `${name}.service enabled enabled\n`).join('') };
    if (script.includes('is-enabled')) return this.#show(args[1] ?? '');
    if (script.includes('journalctl')) return { stdout: 'cannot bind to port 80\n' };
    return script.includes('systemctl') ? this.#act(args) : undefined;
  };

  #show(name: string): Partial<CommandResult> {
    const unit = this.units.get(name);
    const masked = unit?.enablement === 'masked';
    const lines = [
      `Id=${name}.service`,
      `LoadState=${unit === undefined ? 'not-found' : masked ? 'masked' : 'loaded'}`,
      `ActiveState=${unit?.active ?? 'inactive'}`,
      `SubState=${unit?.active === 'active' ? 'running' : 'dead'}`,
      `Result=${unit?.active === 'failed' ? 'exit-code' : 'success'}`,
      `enablement=${unit?.enablement ?? ''}`,
    ];
    return { stdout: `${lines.join('\n')}\n` };
  }

  #act([scope = '', ...words]: readonly string[]): Partial<CommandResult> {
    const [action = '', name = ''] = words.filter((word) => !word.startsWith('-'));
    this.done.push([scope, action, name].join(' ').trim());
    if (action === 'daemon-reload') {
      for (const [unread, unit] of this.unread) this.units.set(unread, unit);
      return {};
    }
    const unit = this.units.get(name);
    if (unit === undefined)
      return exit(5, `Failed to ${action} ${name}.service: Unit ${name}.service not found.`);
    if (action === 'reload' && unit.canReload === false)
      return exit(
        1,
        `Failed to reload ${name}.service: Job type reload is not applicable for unit ${name}.service.`,
      );
    if (action === 'start' || action === 'restart') unit.active = unit.crashes === true ? 'failed' : 'active';
    if (action === 'stop') unit.active = 'inactive';
    if (action === 'enable' || action === 'disable') unit.enablement = `${action}d`;
    if (action === 'mask') unit.enablement = 'masked';
    if (action === 'unmask') unit.enablement = 'disabled';
    return {};
  }
}

const exit = (code: number, stderr = ''): Partial<CommandResult> => ({
  outcome: { kind: 'exited', code },
  stderr,
});
