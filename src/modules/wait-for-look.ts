import { moduleFailed } from '../errors/module-scripts.js';
import type { Milliseconds } from '../model/duration.js';
import type { Pattern, PatternMatch } from '../model/pattern/pattern.js';
import { hostScript, runScript, type ScriptFailure } from './host-script.js';
import { beginListing, listedBytes } from './listing.js';
import type { ModuleHost } from './module.js';

/** What came of some time of looking. */
export interface Look {
  readonly met: boolean;
  /** What the last look saw, in words. */
  readonly said: string;
  /** The groups of the pattern that was found, in Ansible's words. */
  readonly groups?: readonly (string | null)[];
  readonly named?: Readonly<Record<string, string | null>>;
}

/** Looks for so long, or until what is waited for is there. Zero is one look. */
type Looker = (host: ModuleHost, duration: Milliseconds) => Promise<Look>;

interface Awaited {
  readonly host: string;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly state: 'started' | 'present' | 'stopped' | 'absent';
  readonly search_regex?: Pattern | undefined;
  readonly sleep: Milliseconds;
  readonly connect_timeout: Milliseconds;
}

/**
 * Runs \`look\` until it succeeds or the time is over. Seconds are the kernel's since its start, since the host's clock may be set meanwhile. \`$said\` is
 * what was seen last.
 */
const looping = `now() { if { read -r now rest </proc/uptime; } 2>/dev/null; then now=\${now%%.*}; else now=$(date +%s); fi; }
now; end=$((now + seconds))
until look; do
  now
  [ "$now" -lt "$end" ] || { printf 'not\\n%s' "$said"; exit 0; }
  sleep "$pause" 2>/dev/null || sleep 1
done
`;

/** In Ansible too, a link counts as what it leads to. What cannot be looked at is neither there nor gone. */
const lookAtPath = `look() {
  if [ -e "$path" ]; then said='it is there'; [ -z "$gone" ]; return; fi
  said=$(stat -L "$path" 2>&1 >/dev/null)
  said=\${said##*: }
  case $said in 'No such file or directory' | 'Not a directory') [ -n "$gone" ] ;; *) return 1 ;; esac
}
`;

/** \`connect\` opens a connection by what the host has, and hands on what comes first when \`$listens\`. */
const connecting = `if command -v bash >/dev/null && command -v timeout >/dev/null; then
  connect() {
    timeout "$wait" bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit; [ -z "$2" ] || dd bs=65536 count=1 <&3 2>/dev/null' "$host" "$port" "$listens" </dev/null
  }
elif command -v nc >/dev/null && nc -h 2>&1 | grep -q -e '-z'; then
  connect() { if [ -n "$listens" ]; then nc -w "$wait" "$host" "$port" </dev/null | dd bs=65536 count=1 2>/dev/null; else nc -v -z -w "$wait" "$host" "$port" </dev/null; fi; }
elif command -v nc >/dev/null && command -v timeout >/dev/null; then
  # busybox waits for the other side to end. Its own limit is that of connecting, so whoever is ended later was connected.
  connect() {
    if [ -n "$listens" ]; then timeout "$((wait + 1))" nc -w "$wait" "$host" "$port" </dev/null | dd bs=65536 count=1 2>/dev/null; return; fi
    timeout "$((wait + 1))" nc -w "$wait" "$host" "$port" </dev/null >/dev/null
    case $? in 0 | 124 | 143) return 0 ;; *) return 1 ;; esac
  }
elif command -v python3 >/dev/null; then
  connect() {
    python3 -c 'import socket,sys
s=socket.create_connection((sys.argv[1],int(sys.argv[2])),float(sys.argv[3]))
if sys.argv[4]: sys.stdout.buffer.write(s.recv(65536))' "$host" "$port" "$wait" "$listens" </dev/null
  }
else echo 'there is neither bash with timeout, nor nc, nor python3 on the host' >&2; fail no_program; fi
`;

const lookAtPort = `look() {
  said=$(connect 2>&1 >/dev/null)
  code=$?
  if [ "$code" = 0 ]; then said='it is open'; [ -z "$gone" ]; return; fi
  if [ "$code" = 124 ]; then said="no answer within $wait s"; fi
  said=$(printf '%s\\n' "$said" | grep . | tail -n 1); said=\${said##*: }
  [ -n "$said" ] || said='no connection'
  # Of a name that cannot be resolved nothing is known.
  case $said in *[Nn]ame* | *resol* | *"bad address"*) return 1 ;; *) [ -n "$gone" ] ;; esac
}
`;

const whole = (duration: Milliseconds): number => Math.max(0, Math.round(duration / 1_000));

const valuesOf = ({ host, port, state, sleep, connect_timeout: limit }: Awaited, duration: Milliseconds) => ({
  ...{ host, port, gone: state === 'stopped' || state === 'absent', listens: false },
  ...{ seconds: whole(duration), pause: sleep / 1_000, wait: Math.max(1, whole(limit)) },
});

/** Looks at a path, or at a port. */
export function looker(args: Awaited): Looker {
  const { port, path, search_regex: pattern } = args;
  if (pattern !== undefined) return portSearch(args, pattern);
  const body = (port === undefined ? lookAtPath : connecting + lookAtPort) + looping;
  const what = port === undefined ? `look at ${path ?? ''}` : `connect to port ${port}`;
  return async (host, duration) => {
    const command = hostScript(body, { values: valuesOf(args, duration), paths: { path } });
    const said = await runScript(host, command, what, explain(host));
    const [first, ...rest] = said.split('\n');
    return { met: first !== 'not', said: lowerFirst(rest.join(' ').trim()) };
  };
}

/** Asks the port again and again what it says. */
function portSearch(args: Awaited, pattern: Pattern): Looker {
  const body = `${connecting}said=; look() { told=$(connect 2>/dev/null) && [ -n "$told" ] || { said='it says nothing'; return 1; }; }
${looping}printf 'told\\n%s' "$told"\n`;
  return async (host, duration) => {
    // What was said has to be matched here, so one look is a script of its own.
    const values = { ...valuesOf(args, duration), listens: true };
    const said = await runScript(
      host,
      hostScript(body, { values }),
      `connect to port ${args.port ?? ''}`,
      explain(host),
    );
    const told = said.slice(said.indexOf('\n') + 1);
    if (said.startsWith('not')) return { met: false, said: told };
    const [match] = pattern.firstIn([told]);
    if (match !== undefined) return found(pattern, match);
    await host.clock.sleep(Math.min(args.sleep, duration), host.signal);
    return { met: false, said: `it says ${shortened(told)}` };
  };
}

/** Bytes of a file that one look brings here. */
const most = 4 * 1024 * 1024;

/** Prints the kind of what follows, the number of the file and the bytes that are new in it; waits for these first. */
const reading = `look() {
  if [ ! -f "$path" ]; then
    said=$(stat -L "$path" 2>&1 >/dev/null) && said='it is no ordinary file'
    said=\${said##*: }
    return 1
  fi
  number=$(stat -L -c '%i %s' "$path") || return 1
  size=\${number##* }; number=\${number%% *}
  if [ "$number" != "$known" ] || [ "$size" -lt "$from" ]; then from=0; fi
  said='no such line'
  [ "$size" -gt "$from" ] || [ "$number" != "$known" ]
}
${looping}printf 'new %s %s\\n' "$number" "$from"
[ "$size" -le "$from" ] || tail -c "+$((from + 1))" "$path" | head -c "$most"
`;

/**
 * Looks for a line in a file that may grow, be emptied or be replaced meanwhile. The host hands on only what is new, as soon as there is something; the
 * control side matches, so that a pattern means the same on every host.
 */
export function fileSearch(args: Awaited): Looker {
  let [known, from, rest] = ['', 0, ''];
  let decoder = new TextDecoder();
  return async (host, duration) => {
    const { path, search_regex: pattern } = args;
    const values = { ...valuesOf(args, duration), known, from, most };
    const command = hostScript(beginListing + reading, { values, paths: { path } });
    const bytes = await listedBytes(host, command, `read ${path ?? ''}`);
    const at = bytes.indexOf(10);
    const [word, number = '', start] = new TextDecoder().decode(bytes.subarray(0, at)).split(' ');
    const content = bytes.subarray(at + 1);
    if (word !== 'new' || pattern === undefined)
      return { met: false, said: lowerFirst(new TextDecoder().decode(content).trim()) };
    if (Number(start) !== from || number !== known) [rest, decoder] = ['', new TextDecoder()];
    [known, from] = [number, Number(start) + content.length];
    const lines = (rest + decoder.decode(content, { stream: true })).split('\n');
    rest = lines.at(-1) ?? '';
    const match = pattern.firstIn(lines).find((one) => one !== undefined);
    if (match !== undefined) return found(pattern, match);
    if (content.length < most) await host.clock.sleep(Math.min(args.sleep, duration), host.signal);
    const last = lines.filter((line) => line.trim() !== '').at(-1);
    return { met: false, said: last === undefined ? 'no such line' : `its last line is ${shortened(last)}` };
  };
}

function found(pattern: Pattern, { groups }: PatternMatch): Look {
  const all = groups.map((group) => group ?? null);
  return {
    ...{ met: true, said: '', groups: all.slice(1) },
    named: Object.fromEntries(
      Object.entries(pattern.names).map(([name, group]) => [name, all[group] ?? null]),
    ),
  };
}

const explain =
  ({ host }: ModuleHost) =>
  ({ code, reason }: ScriptFailure): Error | undefined =>
    code === 'no_program'
      ? moduleFailed('wait_for.no_program', host, 'Nothing on the host can connect to a port', {
          reason,
          hint: 'Install netcat or bash; for a port that speaks HTTP, use uri with until.',
        })
      : undefined;

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Of a line that a host said, as much as fits into a message. */
const shortened = (text: string): string => {
  const line = text.trim().split('\n')[0] ?? '';
  return JSON.stringify(line.length > 120 ? `${line.slice(0, 120)}…` : line);
};
