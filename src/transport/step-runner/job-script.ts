import type { StepId } from '../../ports/transport.js';
import { announcement } from '../announcement.js';
import { quote } from '../quote.js';
import { claim, forgetOld, howItEnded, writeEnd } from './runner-script.js';

/**
 * Starts a job: `$1` is its command, `$2` the script of its runner, which gets a process session of its own. So the job neither ends with the
 * connection nor takes one of its channels (MaxSessions). Ends once all input of the job is passed on, and tells what the runner said.
 */
const starterScript = [
  `adf_a=; if command -v setsid >/dev/null 2>&1; then`,
  // sh gives a command in the background no input but one that is named.
  `adf_a=$(cat | ( exec 7<&0; setsid /bin/sh -c "$2" sh "$1" <&7 7<&- & )); fi;`,
  `echo "${announcement}$$ \${adf_a:-none}" >&2; exit 0`,
].join(' ');

/** What a job's runner must know of its command. */
export interface JobCommand {
  /** In seconds. */
  readonly limit: number;
  /** What others know it by. */
  readonly note: string;
  /** It is another user's. */
  readonly become: boolean;
  /** By a sudo that may ask for a password. */
  readonly asks: boolean;
}

/** For `commandLine`: the program of `starterScript`, and its arguments. */
export const starterArguments = (step: StepId, command: string, about: JobCommand): readonly string[] => [
  '/bin/sh',
  '-c',
  starterScript,
  'sh',
  command,
  jobScript(step, about),
];

/**
 * The runner of a job: as `runnerScript`, but nothing is connected to it. The last of its command's output goes to files beside the record,
 * through pipes, so that no output fills the disk. It ends the command at its limit, and marks that it did. On a signal to the
 * whole group it waits for the command and records how that ended.
 */
const jobScript = (step: StepId, { limit, note, become, asks }: JobCommand): string =>
  [
    'adf_line=$1; say() { echo "$1"; };',
    claim(step),
    '{ mkfifo -m 600 "$adf_f.po" && mkfifo -m 600 "$adf_f.pe"; } 2>/dev/null || { rm -f "$adf_f" "$adf_f.po"; say none; exit 0; };',
    // Before the command begins: a recovery on another machine knows the job by this.
    `echo "$(date +%s) ${limit} "${quote(note)} >"$adf_f.job" 2>/dev/null;`,
    forgetOld,
    '[ -z "$BASH_VERSION" ] || set +o posix; trap : TERM; true >"$adf_f.lost";',
    ...pipes,
    asks ? passOnQuestions : 'exec 5<&7;',
    `${keepLast} <&6 >"$adf_f.out" 2>/dev/null ${withoutPipes} & adf_o=$!;`,
    `${keepLast} <&5 >"$adf_f.err" 2>/dev/null ${withoutPipes} & adf_e=$!;`,
    'exec 5<&- 6<&- 7<&-;',
    'trap "" PIPE; say kept; trap - PIPE; exec >/dev/null 2>>"$adf_f";',
    // The command of another user is ended by `endsItself` first; the runner may not signal it.
    `( exec </dev/null >/dev/null 2>&1 8>&- 9>&-; ${untilLimit(limit)} true >"$adf_f.late"; ${become ? 'sleep 4; ' : ''}${endGroup} ) & adf_w=$!;`,
    '( unset -f say ours began; eval "$adf_line" ) >&8 2>&9 8>&- 9>&-; adf_c=$?; exec 8>&- 9>&-;',
    howItEnded,
    writeEnd,
    'kill $adf_w; wait $adf_o $adf_e; true >"$adf_f.told"; exit 0',
  ].join(' ');

const keepLast = '( trap "" TERM; exec tail -c 65536 )';
/** Each has its own by then; a writer that is left open would keep a reader from its end. */
const withoutPipes = '5<&- 6<&- 7<&- 8>&- 9>&-';

/**
 * The command's stdout goes into 8 and comes out of 6, its stderr into 9 and out of 7. No end is waited for: a shell that waits for the other
 * end of a pipe gives up, or stays there, when a child ends meanwhile (busybox).
 */
const pipes = [
  'exec 8<>"$adf_f.po" 9<>"$adf_f.pe"; exec 6<"$adf_f.po" 7<"$adf_f.pe"; exec 8>"$adf_f.po" 9>"$adf_f.pe";',
  'rm -f "$adf_f.po" "$adf_f.pe";',
];

/** While the connection that started the job is there, stderr goes to it as well: sudo asks for the password there. Comes out of 5 then. */
const passOnQuestions = [
  'mkfifo -m 600 "$adf_f.pt"; exec 4<>"$adf_f.pt"; exec 5<"$adf_f.pt"; exec 4>"$adf_f.pt"; rm -f "$adf_f.pt";',
  `( trap "" TERM PIPE; exec tee /dev/fd/4 ) <&7 >&2 2>/dev/null ${withoutPipes} & exec 4>&-;`,
].join(' ');

/**
 * Stands in front of a command of another user, whose processes the runner may not signal, and ends it at the limit: a second after the runner
 * marked the record. It is not a child of the command's shell, since a script may `wait` for all of its children.
 */
export const endsItself = (limit: number): string =>
  `( ( ${untilLimit(limit + 1)} ${endGroup} ) </dev/null >/dev/null 2>&1 & ); `;

/** Goes on when the limit has passed, and exits when the shell around it is gone. The time of a suspended host counts. */
function untilLimit(limit: number): string {
  return [
    'up() { adf_u=; { read -r adf_u adf_s </proc/uptime; } 2>/dev/null; adf_u=${adf_u%.*}; [ -n "$adf_u" ] || adf_u=$(date +%s); };',
    `up; adf_t=$((adf_u + ${limit + 1}));`,
    'while kill -0 $$ 2>/dev/null && [ $adf_u -lt $adf_t ]; do adf_s=$((adf_t - adf_u)); [ $adf_s -lt 5 ] || adf_s=5; sleep $adf_s; up; done;',
    'kill -0 $$ 2>/dev/null || exit 0;',
  ].join(' ');
}

const endGroup = 'trap "" TERM; kill -s TERM 0; sleep 2; kill -s KILL 0';
