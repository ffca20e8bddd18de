import { noServiceManager, serviceDidNotStay, serviceFailed, serviceNotFound } from '../errors/services.js';
import { succeeded, type CommandResult } from '../ports/transport.js';
import type { ModuleHost } from './module.js';
import { linesOf, rootPath, shWith } from './on-the-host.js';

export type ServiceState = 'started' | 'stopped' | 'restarted' | 'reloaded';
export type Scope = 'system' | 'user' | 'global';

/** A unit as systemd has it. */
export interface UnitLook {
  /** What `systemctl show` says, of the properties that matter here. */
  readonly status: Readonly<Record<string, string>>;
  /** What `systemctl is-enabled` says. */
  readonly enablement: string;
}

const properties = [
  ...[
    'Id',
    'Names',
    'Description',
    'LoadState',
    'ActiveState',
    'SubState',
    'UnitFileState',
    'Type',
    'Result',
  ],
  ...[
    'MainPID',
    'NRestarts',
    'ExecMainStatus',
    'FragmentPath',
    'CanReload',
    'NeedDaemonReload',
    'RemainAfterExit',
  ],
];

/** Arguments: the scope and those of systemctl. Exit code 3 where systemd is not in charge. */
const prologue = `${rootPath}
[ -d /run/systemd/system ] || exit 3
scope=$1; shift
if [ $scope = user ] && [ -z "$XDG_RUNTIME_DIR" ]; then XDG_RUNTIME_DIR=/run/user/$(id -u); export XDG_RUNTIME_DIR; fi
`;

const lookScript = `${prologue}
[ $scope = global ] || systemctl --$scope show --no-pager -p ${properties.join(',')} -- "$1" || exit 1
echo "enablement=$(systemctl --$scope is-enabled -- "$1" 2> /dev/null)"`;

/** Undefined where systemd is not in charge. Throws `service.failed`. */
export async function lookAtUnit(
  name: string,
  scope: Scope,
  host: ModuleHost,
): Promise<UnitLook | undefined> {
  const result = await host.run(shWith(lookScript, scope, name));
  const { outcome } = result;
  if (outcome.kind === 'exited' && outcome.code === 3) return undefined;
  if (!succeeded(result)) throw serviceFailed(host.host, `look at the service "${name}"`, result);
  const status = Object.fromEntries(
    linesOf(result.stdout.trimEnd()).flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
  const { enablement = '', ...rest } = status;
  return { status: rest, enablement };
}

/** Throws `service.not_found` with the nearest name that the host has. */
export async function refuseUnknownUnit(name: string, scope: Scope, host: ModuleHost): Promise<never> {
  const script = `${prologue}systemctl --$scope list-unit-files --no-legend --no-pager`;
  const { stdout } = await host.run(shWith(script, scope));
  const names = linesOf(stdout.trimEnd()).flatMap((line) => line.trim().split(/\s+/).slice(0, 1));
  throw serviceNotFound(host.host, name, names);
}

export const requireSystemd = (look: UnitLook | undefined, host: ModuleHost): UnitLook => {
  if (look === undefined) throw noServiceManager(host.host, 'systemd');
  return look;
};

export const isRunning = ({ status }: UnitLook): boolean =>
  ['active', 'activating', 'reloading', 'refreshing'].includes(status['ActiveState'] ?? '');

const isStopped = ({ status }: UnitLook): boolean =>
  ['inactive', 'failed'].includes(status['ActiveState'] ?? '');

export const isKnown = ({ status, enablement }: UnitLook): boolean =>
  status['LoadState'] === undefined
    ? !['', 'not-found'].includes(enablement)
    : status['LoadState'] !== 'not-found' || enablement === 'masked';

const isMasked = ({ status, enablement }: UnitLook): boolean =>
  status['LoadState'] === 'masked' || enablement.startsWith('masked');

/** Those that begin with the machine, and those for which that cannot be said. Source: systemctl(1), is-enabled. */
const enabledAlready = ['enabled', 'static', 'alias', 'indirect', 'generated'];
const canBeDisabled = ['enabled', 'enabled-runtime', 'linked', 'linked-runtime'];

export const isEnabled = ({ enablement }: UnitLook): boolean =>
  enablement === 'enabled' || enablement === 'enabled-runtime';

/** What a task wants of a unit. */
export interface WantedUnit {
  readonly state?: ServiceState | undefined;
  readonly enabled?: boolean | undefined;
  readonly masked?: boolean | undefined;
  readonly force?: boolean;
}

/** The words of systemctl that make the unit as wanted, in their order. */
export function unitActions(
  { state, enabled, masked, force }: WantedUnit,
  look: UnitLook,
): readonly string[] {
  const actions: string[] = [];
  if (masked === false && isMasked(look)) actions.push('unmask');
  if (enabled === true && (force === true || !enabledAlready.includes(look.enablement)))
    actions.push('enable');
  if (enabled === false && canBeDisabled.includes(look.enablement)) actions.push('disable');
  const action = stateAction(state, look);
  if (action !== undefined) actions.push(action);
  if (masked === true && !isMasked(look)) actions.push('mask');
  return actions;
}

function stateAction(state: ServiceState | undefined, look: UnitLook): string | undefined {
  switch (state) {
    case undefined:
      return undefined;
    case 'started':
      return isRunning(look) ? undefined : 'start';
    case 'stopped':
      return isStopped(look) ? undefined : 'stop';
    case 'restarted':
      return 'restart';
    case 'reloaded':
      return isRunning(look) ? 'reload' : 'start';
  }
}

/** Runs `systemctl` as a step. Throws `service.failed`. */
export async function systemctl(
  scope: Scope,
  args: readonly string[],
  what: string,
  host: ModuleHost,
): Promise<CommandResult> {
  const result = await host.runStep(shWith(`${prologue}exec systemctl --$scope "$@"`, scope, ...args));
  if (!succeeded(result)) throw serviceFailed(host.host, what, result);
  return result;
}

/** systemd calls it a success when a simple service was started, even if it ended at once. Throws `service.did_not_stay`. */
export async function requireStayed(
  name: string,
  scope: Scope,
  look: UnitLook,
  host: ModuleHost,
): Promise<void> {
  const { ActiveState: state = '', SubState: detail = '', Result: outcome = '' } = look.status;
  const isFailed =
    state === 'failed' || (state === 'activating' && detail === 'auto-restart' && outcome !== 'success');
  if (!isFailed) return;
  const script = `${prologue}flag=; [ $scope = system ] || flag=--user
journalctl $flag --no-pager -q -o cat -n 10 -u "$1" 2> /dev/null`;
  const { stdout } = await host.run(shWith(script, scope, name));
  throw serviceDidNotStay(host.host, name, `${state} (${outcome})`, stdout);
}

/** Services that containers run on. */
const ofEngine = /^(?:docker|containerd)(?:\.service|\.socket)?$/;

/** What stops the containers of a host when this is done to one of its services; undefined when nothing does. */
export const stopsContainers = (name: string, action: string): string | undefined =>
  ofEngine.test(name) && ['stop', 'restart'].includes(action) ? `${action} ${name}` : undefined;
