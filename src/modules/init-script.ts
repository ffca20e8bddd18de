import { serviceFailed, serviceNotFound } from '../errors/services.js';
import { succeeded } from '../ports/transport.js';
import type { ModuleHost } from './module.js';
import { linesOf, rootPath, shWith } from './on-the-host.js';
import type { ServiceState } from './systemd-unit.js';

/** A service where systemd is not in charge. */
export interface ScriptLook {
  readonly kind: 'openrc' | 'init.d';
  readonly running: boolean;
  readonly enabled: boolean;
}

/**
 * Arguments: the service, and text that is in its process' command line, or nothing. Without that text, its own script says whether it runs.
 * Exit code 3: systemd is in charge. 4: there is no such script; those that there are follow.
 */
const lookScript = `${rootPath}
name=$1 pattern=$2
[ ! -d /run/systemd/system ] || exit 3
if command -v rc-service > /dev/null; then kind=openrc; else kind=init.d; fi
if [ ! -x "/etc/init.d/$name" ]; then ls /etc/init.d 2> /dev/null; exit 4; fi
echo "kind $kind"
if [ -n "$pattern" ]; then ps axww -o pid= -o args= 2> /dev/null | awk -v text="$pattern" -v own=$$ '
    $1 != own && index($0, text) && !/adfpush/ && !/awk/ { found = 1 } END { exit !found }'; code=$?
elif [ $kind = openrc ]; then rc-service "$name" status > /dev/null 2>&1; code=$?
else "/etc/init.d/$name" status > /dev/null 2>&1 < /dev/null; code=$?
fi
[ $code -ne 0 ] || echo running
if [ $kind = openrc ]; then
  rc-update show 2> /dev/null | awk -v name="$name" '$1 == name && NF > 2 { found = 1 } END { exit !found }' && echo enabled
elif ls /etc/rc[2-5].d/S[0-9][0-9]"$name" /etc/rc.d/rc[2-5].d/S[0-9][0-9]"$name" 2> /dev/null | grep -q .; then echo enabled
fi
exit 0`;

/** Undefined where systemd is in charge, or the script is not there in a dry run. Throws `service.not_found`. */
export async function lookAtScript(
  name: string,
  pattern: string,
  host: ModuleHost,
): Promise<ScriptLook | 'systemd' | 'absent'> {
  const result = await host.run(shWith(lookScript, name, pattern));
  const { outcome, stdout } = result;
  const lines = linesOf(stdout.trimEnd());
  if (outcome.kind === 'exited' && outcome.code === 3) return 'systemd';
  if (outcome.kind === 'exited' && outcome.code === 4) {
    if (host.checkMode) return 'absent';
    throw serviceNotFound(host.host, name, lines);
  }
  if (!succeeded(result)) throw serviceFailed(host.host, `look at the service "${name}"`, result);
  return {
    kind: lines.includes('kind openrc') ? 'openrc' : 'init.d',
    running: lines.includes('running'),
    enabled: lines.includes('enabled'),
  };
}

export interface WantedService {
  readonly state?: ServiceState | undefined;
  readonly enabled?: boolean | undefined;
}

/** `enable`, `start` and so on: what makes the service as wanted. */
export function scriptActions({ state, enabled }: WantedService, look: ScriptLook): readonly string[] {
  const actions = enabled === undefined || enabled === look.enabled ? [] : [enabled ? 'enable' : 'disable'];
  switch (state) {
    case undefined:
      return actions;
    case 'started':
      return look.running ? actions : [...actions, 'start'];
    case 'stopped':
      return look.running ? [...actions, 'stop'] : actions;
    case 'restarted':
      return [...actions, 'restart'];
    case 'reloaded':
      return [...actions, look.running ? 'reload' : 'start'];
  }
}

/**
 * Arguments: what to do, the kind, the service, the runlevel of OpenRC, seconds between stop and start, and the script's own. What it prints
 * goes through a file: the service that it starts keeps its outputs open.
 */
const actScript = `${rootPath}
action=$1 kind=$2 name=$3 level=$4 pause=$5; shift 5
said=$(mktemp) || exit 1
trap 'rm -f "$said"' EXIT
control() {
  if [ $kind = openrc ]; then rc-service "$name" "$@"; elif command -v service > /dev/null; then service "$name" "$@"; else "/etc/init.d/$name" "$@"; fi
}
{ case $kind:$action in
  openrc:enable) rc-update add "$name" "$level" ;;
  openrc:disable) rc-update del "$name" "$level" ;;
  *:enable)
    if command -v update-rc.d > /dev/null; then update-rc.d "$name" defaults && update-rc.d "$name" enable
    else chkconfig --add "$name" && chkconfig "$name" on; fi ;;
  *:disable) if command -v update-rc.d > /dev/null; then update-rc.d "$name" disable; else chkconfig "$name" off; fi ;;
  *:restart)
    if [ -n "$pause" ]; then control stop; sleep "$pause"; control start "$@"; else control restart "$@"; fi ;;
  *) control "$action" "$@" ;;
esac; } > "$said" 2>&1 < /dev/null; code=$?
cat "$said"
exit $code`;

export interface ScriptSettings {
  readonly runlevel: string;
  /** Seconds. */
  readonly sleep: number | undefined;
  readonly arguments: readonly string[];
}

/** Throws `service.failed`. */
export async function actByScript(
  action: string,
  name: string,
  { kind }: ScriptLook,
  { runlevel, sleep, arguments: given }: ScriptSettings,
  host: ModuleHost,
): Promise<void> {
  const pause = sleep === undefined ? '' : String(sleep);
  const result = await host.runStep(shWith(actScript, action, kind, name, runlevel, pause, ...given));
  if (!succeeded(result)) throw serviceFailed(host.host, `${action} "${name}"`, result);
}
