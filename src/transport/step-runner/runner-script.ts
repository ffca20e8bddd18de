import { createHash } from 'node:crypto';
import type { StepId } from '../../ports/transport.js';
import { announcement } from '../announcement.js';
import { quote } from '../quote.js';

/**
 * Where on a host the records of steps may be, best first, as the positional parameters of an sh script: in the user's state folder; where
 * there is no home, or it cannot be written to, in a folder of the user's own, at a place where all users may make one.
 * The name comes from sshd's environment, since asking `id` would cost a process each time; who owns the folder is checked anyway.
 */
export const places = [
  'adf_u=${LOGNAME:-${USER:-$(id -u)}};',
  // A home that is not there is not made.
  'adf_h=; [ -d "$HOME" ] && adf_h=${XDG_STATE_HOME:-$HOME/.local/state};',
  'set -- ${adf_h:+"$adf_h/adfpush/steps"} "/var/tmp/adfpush-$adf_u" "/dev/shm/adfpush-$adf_u" "/tmp/adfpush-$adf_u";',
].join(' ');

/** `ours` is true for a place that is a folder of this user's own: others could have planted one, or a link, where all may write. */
export const ours = 'ours() { if [ -h "$adf_b" ]; then return 1; fi; [ -d "$adf_b" ] && [ -O "$adf_b" ]; };';

/** The folder of the run and the file of the step in it, for sh. The ids may hold anything: what is no name of a file is hashed. */
export const stepVariables = ({ run, id }: StepId): string =>
  `adf_n=${quote(fileName(run))}; adf_i=${quote(fileName(id))};`;

const fileName = (id: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,150}$/.test(id)
    ? id
    : createHash('sha256').update(id).digest('hex').slice(0, 40);

/**
 * Sets `t` to when a process began, in ticks since the boot, and `k` to the boot: together with its number they name a process
 * for all time. Empty where there is no /proc.
 */
export const processIdentity = [
  'adf_t=; adf_k=;',
  // A zombie has ended. The name in the second field may hold anything, so all up to its parenthesis is dropped: the 22nd field is the 20th then.
  'began() { adf_t=; { read -r adf_s </proc/$1/stat; } 2>/dev/null || return 0; set -- ${adf_s##*) }; [ "$1" = Z ] || adf_t=${20}; };',
  '{ read -r adf_k </proc/sys/kernel/random/boot_id; } 2>/dev/null || adf_k=none;',
].join(' ');

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
 * What it keeps in variables has names of its own: a variable that the host's environment has too would be another for the command, and one
 * that is only read would be what the host says.
 *
 * No line break, no `!` and no `\\`, which csh and fish read even between quotes. Builtins throughout: on the usual way it costs one process for
 * the command, and two that wait.
 */
export const runnerScript = (step: StepId, command: string): string =>
  [
    `say() { echo "${announcement}$$ $1" >&2; };`,
    claim(step),
    // Where the connection is lost in this moment, a word without a reader would kill the runner, whose command has not begun.
    'trap "" PIPE; say kept; trap - PIPE;',
    forgetOld,
    // bash that is called sh says nothing about a command that was killed.
    '[ -z "$BASH_VERSION" ] || set +o posix; exec 3>&2 2>>"$adf_f";',
    keepReading,
    // The functions are ours: a program of the same name is what the command means.
    `( unset -f say ours began parent; ${command} ) 2>&3 3>&- 8<&- 9<&-; adf_c=$?;`,
    howItEnded,
    // What it said last may still be in the pipes, if sshd went away in the second since the watcher looked.
    '[ -z "$adf_w" ] || { parent; [ "$adf_p" = "$PPID" ] || true >"$adf_f.lost"; };',
    writeEnd,
    '[ -z "$adf_w" ] || [ -e "$adf_f.lost" ] || kill $adf_w;',
    '[ $adf_z = = ] || { ulimit -c 0; kill -$((adf_c - 128)) $$; };',
    'exit $adf_c',
  ].join(' ');

/**
 * Makes the record of a step, before anything of it begins. Where that is there already, or can be nowhere, it says `found` or `none` by the
 * function `say`, and ends. `adf_f` is the record then.
 */
export const claim = (step: StepId): string =>
  [
    stepVariables(step),
    places,
    ours,
    processIdentity,
    'for adf_b do if [ -e "$adf_b/$adf_n/$adf_i" ] && ours; then say found; exit 0; fi; done;',
    'began $$;',
    'adf_x="----- $$ ${adf_t:-0} $adf_k ."; adf_y=; adf_f=; adf_new=; set -C;',
    'for adf_b do',
    '[ -d "$adf_b/$adf_n" ] || { mkdir -p -m 700 "$adf_b" && mkdir -m 700 "$adf_b/$adf_n" && adf_new=$adf_b; } 2>/dev/null;',
    'ours || continue;',
    'adf_f=$adf_b/$adf_n/$adf_i;',
    'if { true >"$adf_f"; } 2>/dev/null; then',
    '{ echo "$adf_x" >>"$adf_f"; } 2>/dev/null; read -r adf_y <"$adf_f"; [ "$adf_y" = "$adf_x" ] && break;',
    'rm -f "$adf_f";',
    'elif [ -e "$adf_f" ]; then say found; exit 0; fi; adf_y=;',
    'done; set +C;',
    'if [ -z "$adf_y" ]; then say none; exit 0; fi;',
  ].join(' ');

/** Whether a signal ended the command: then sh said so, on a further line of the record. */
export const howItEnded =
  'adf_y=; adf_z==; if [ $adf_c -gt 128 ]; then { read -r adf_y; read -r adf_y; } <"$adf_f"; [ -z "$adf_y" ] || adf_z=+; fi;';

/** Overwrites the first five characters of the record. */
export const writeEnd = 'adf_d=00$adf_c; printf "$adf_z${adf_d#"${adf_d%???}"}$adf_z" 1<>"$adf_f";';

/** At the first step of a run on a host: what runs of more than 14 days ago left there. */
export const forgetOld =
  'if [ -n "$adf_new" ]; then ( find "$adf_new/." -name . -o -prune -type d -mtime +14 -exec rm -rf {} + ) </dev/null >/dev/null 2>&1 & fi;';

/**
 * A program that writes to a pipe without a reader is killed, and when the connection is lost sshd reads no more. So another reader is kept; it
 * begins to read when sshd, the runner's parent, is gone (the watcher looks once a second, the runner at its end), and keeps the end of what comes. (Only Linux lets one open the other end of
 * one's own pipe. Elsewhere a command that goes on talking is killed, as it is without a runner.)
 */
const keepReading = [
  'parent() { adf_p=; { read -r adf_s </proc/$$/stat; } 2>/dev/null || return 0; set -- ${adf_s##*) }; adf_p=$2; };',
  'adf_w=; if [ -p /proc/$$/fd/1 ] && [ -p /proc/$$/fd/3 ]; then',
  'exec 8</proc/$$/fd/1 9</proc/$$/fd/3;',
  '( exec </dev/null >/dev/null 2>&1 3>&-;',
  'while parent; [ "$adf_p" = "$PPID" ] && [ ! -e "$adf_f.lost" ]; do sleep 1 8<&- 9<&-; done;',
  '[ -n "$adf_p" ] || [ -e "$adf_f.lost" ] || exit;',
  'trap "" TERM; true >"$adf_f.lost";',
  'tail -c 65536 <&8 >"$adf_f.out" & tail -c 65536 <&9 >"$adf_f.err" & exec 8<&- 9<&-; wait; true >"$adf_f.told" ) & adf_w=$!;',
  'fi;',
].join(' ');
