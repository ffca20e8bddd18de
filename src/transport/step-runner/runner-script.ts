import { announcement } from '../announcement.js';
import type { StepId } from '../../ports/transport.js';
import { ours, places, processIdentity, stepVariables } from './places.js';

/**
 * The step runner: an sh script around one command, that
 * - makes a file in the name of the step before anything else, or does nothing when it is there: a step begins at most once;
 * - writes into it how the command ended;
 * - keeps the command from dying with the connection: what it still has to say then ends up beside the record.
 *
 * The file holds one line: five characters for the end, `-----` until it is known, then what names the runner's process. It is overwritten in
 * place, which needs no space on a disk that has become full. On further lines are sh's own words about a command that was killed:
 * the one way to tell a signal from an exit code beyond 128.
 *
 * No line break, no `!` and no `\\`, which csh and fish read even between quotes. Builtins throughout: on the usual way it costs one process for
 * the command, and two that wait.
 */
export const runnerScript = (step: StepId, command: string): string =>
  [
    stepVariables(step),
    places,
    ours,
    processIdentity,
    `say() { echo "${announcement}$$ $1" >&2; };`,
    'for b do if [ -e "$b/$n/$i" ] && ours; then say found; exit 0; fi; done;',
    'began $$;',
    'x="----- $$ ${t:-0} $k ."; y=; f=; set -C;',
    'for b do',
    '[ -d "$b/$n" ] || { mkdir -p -m 700 "$b" && mkdir -m 700 "$b/$n" && new=$b; } 2>/dev/null;',
    'ours || continue;',
    'f=$b/$n/$i;',
    'if { true >"$f"; } 2>/dev/null; then',
    '{ echo "$x" >>"$f"; } 2>/dev/null; read -r y <"$f"; [ "$y" = "$x" ] && break;',
    'rm -f "$f";',
    'elif [ -e "$f" ]; then say found; exit 0; fi; y=;',
    'done; set +C;',
    'if [ -z "$y" ]; then say none; exit 0; fi;',
    'say kept;',
    forgetOld,
    // bash that is called sh says nothing about a command that was killed.
    '[ -z "$BASH_VERSION" ] || set +o posix; exec 3>&2 2>>"$f";',
    keepReading,
    `( ${command} ) 2>&3 3>&- 8<&- 9<&-; c=$?;`,
    'y=; z==; if [ $c -gt 128 ]; then { read -r y; read -r y; } <"$f"; [ -z "$y" ] || z=+; fi;',
    'd=00$c; printf "$z${d#"${d%???}"}$z" 1<>"$f";',
    '[ -z "$w" ] || kill $w;',
    '[ $z = = ] || { ulimit -c 0; kill -$((c - 128)) $$; };',
    'exit $c',
  ].join(' ');

/** At the first step of a run on a host: what runs of more than 14 days ago left there. */
const forgetOld =
  'if [ -n "$new" ]; then ( find "$new/." -name . -o -prune -type d -mtime +14 -exec rm -rf {} + ) </dev/null >/dev/null 2>&1 & fi;';

/**
 * Whoever writes to a pipe that nobody reads is killed, and when the connection is lost sshd reads no more. So another reader is kept; it
 * begins to read when sshd, the runner's parent, is gone, and keeps the end of what comes. (Only Linux lets one open the other end of
 * one's own pipe. Elsewhere a command that goes on talking is killed, as it is without a runner.)
 */
const keepReading = [
  'w=; if [ -p /proc/$$/fd/1 ] && [ -p /proc/$$/fd/3 ]; then',
  'exec 8</proc/$$/fd/1 9</proc/$$/fd/3;',
  '( exec </dev/null >/dev/null 2>&1 3>&-;',
  'parent() { read -r s </proc/$$/stat || exit; set -- ${s##*) }; p=$2; };',
  'while parent; [ "$p" = "$PPID" ]; do sleep 1 8<&- 9<&-; done;',
  'trap "" TERM; true >"$f.lost";',
  'tail -c 65536 <&8 >"$f.out" & tail -c 65536 <&9 >"$f.err" & exec 8<&- 9<&-; wait; true >"$f.told" ) & w=$!;',
  'fi;',
].join(' ');
