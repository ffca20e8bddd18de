import type { Run } from '../../engine/index.js';
import { AdfError } from '../../errors/adf-error.js';
import { noSuchLog } from '../../errors/logs.js';
import { label } from '../../model/container.js';
import { defined } from '../../model/defined.js';
import type { GroupLogLine, LogsEnd } from '../../model/group-log.js';
import type { Host } from '../../model/host.js';
import { logTimeOf } from '../../model/log-time.js';
import { namedGroups } from '../../run/described-groups.js';
import { chosenHosts } from '../../run/chosen-hosts.js';
import { resultError } from '../../run/endings.js';
import { fetchSecrets, withSettings } from '../../run/fetch-secrets.js';
import { limitOf } from '../../run/limit.js';
import { withRun } from '../../run/with-run.js';
import type { CommonOptions, RunHooks } from '../../world/context.js';
import { inWorld } from '../../world/open-world.js';
import type { World } from '../../world/world.js';
import { HostLog } from './host-log.js';
import { LogMerge } from './log-merge.js';

/** How long a line waits for those of other hosts that may be older, when what happens now is followed. */
const window = 400;

export interface LogsOptions extends CommonOptions {
  readonly groups: readonly string[];
  readonly follow: boolean;
  /** Only the container of this name. */
  readonly container?: string;
  /** Milliseconds before now, or a time of RFC 3339 with nine digits behind the point, in UTC. */
  readonly since?: { readonly ago: number } | { readonly at: string };
  /** So many lines from the end of each container; all when absent. */
  readonly tail?: number;
  /** Gets one line after the other, without secrets; the next when it has resolved. */
  readonly onLine: (line: GroupLogLine) => Promise<void> | void;
  /** Something about a host, without secrets. */
  readonly onNotice: (host: Host, what: string) => void;
  /** The hosts that are read, before the first line. */
  readonly onHosts: (hosts: readonly Host[]) => void;
}

/**
 * What the containers of some groups print, merged by time. Takes no lease, and changes nothing. Gives which hosts could not be read; a
 * signal ends it, and `follow` goes on until then. Throws what is refused before: `inventory.*`, `logs.none`.
 */
export const logs = (options: LogsOptions, hooks: RunHooks): Promise<LogsEnd> =>
  inWorld(options, hooks, (world) => logsWith(world, options, hooks));

const logsWith = (world: World, asked: LogsOptions, hooks: RunHooks): Promise<LogsEnd> =>
  withRun(world, asked, hooks, { verb: 'logs', checkMode: true }, async (run) => {
    const limit = await limitOf(asked, world);
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const options = { ...asked, groups: namedGroups(asked.groups, inventory) };
    const hosts = chosenHosts(inventory, { groups: options.groups, ...defined({ limit }) });
    // They are masked from here on.
    for (const group of options.groups) {
      const members = inventory.group(group).filter((host) => hosts.includes(host));
      await fetchSecrets(world, inventory, withSettings(members, group), run);
    }
    options.onHosts(hosts);
    return read(hosts, world, options, run);
  });

async function read(hosts: readonly Host[], world: World, options: LogsOptions, run: Run): Promise<LogsEnd> {
  const { clock, redaction } = world;
  const { signal } = run.stop;
  // Ends what is read, when lines cannot be told any more either.
  const over = new AbortController();
  const stop = (): void => over.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const merge = new LogMerge<GroupLogLine>(clock, window);
  const unread: LogsEnd['unread'][number][] = [];
  const lost = (host: Host, error: unknown): undefined => {
    if (over.signal.aborted) return undefined;
    if (!(error instanceof AdfError) || error.class === 'bug') throw error;
    const told = redaction.redact(resultError(error));
    unread.push({ host: host.id, name: host.name, error: told });
    options.onNotice(host, `cannot be read: ${told.message}`);
    return undefined;
  };
  const allBegun = merge.keepOpen();
  const reading = Promise.all(
    hosts.map(async (host) => {
      const log = hostLog(host, world, options, run, merge, over.signal);
      const count = await log.history().catch((error: unknown) => lost(host, error));
      if (options.follow && count !== undefined && !over.signal.aborted)
        await log.follow().catch((error: unknown) => lost(host, error));
      return count ?? 0;
    }),
  ).finally(allBegun);
  // It is awaited below; a failure before that is no unhandled one.
  reading.catch(() => undefined);
  try {
    for (;;) {
      const line = await merge.next(over.signal).catch((error: unknown) => {
        if (over.signal.aborted) return undefined;
        throw error;
      });
      if (line === undefined) break;
      await options.onLine(redaction.redact(line));
    }
    const counts = await reading;
    const containers = counts.reduce((sum, count) => sum + count, 0);
    if (containers === 0 && unread.length === 0 && !signal.aborted)
      throw noSuchLog(options.groups, options.container);
    return { unread, containers };
  } finally {
    over.abort();
    signal.removeEventListener('abort', stop);
    await reading.catch(() => undefined);
  }
}

function hostLog(
  host: Host,
  { logs: port, clock, random, redaction }: World,
  options: LogsOptions,
  run: Run,
  merge: LogMerge<GroupLogLine>,
  signal: AbortSignal,
): HostLog {
  if (port === undefined) throw new TypeError('this world reads no logs');
  const { since, tail, container } = options;
  const from =
    since === undefined ? undefined : 'at' in since ? since.at : logTimeOf(clock.now() - since.ago);
  return new HostLog(
    host,
    {
      groups: options.groups.map((group) => ({
        [label.group]: group,
        [label.environment]: run.environment,
      })),
      ...defined({ container, tail, since: from }),
    },
    {
      logs: port.on(host),
      clock,
      random,
      merge,
      outlast: (act) => run.blips.outlast({ host }, act, { signal }),
      tell: (what) => options.onNotice(host, redaction.redactText(what)),
      signal,
    },
  );
}
