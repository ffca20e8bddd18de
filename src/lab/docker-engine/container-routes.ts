import { existsSync } from 'node:fs';
import { z } from 'zod';
import { defined } from '../../model/defined.js';
import { createSchema, restartPolicyOf, restartPolicySchema } from './config.js';
import type { Container } from './container.js';
import { inspectionOf, summaryOf } from './describe.js';
import type { Engine } from './engine.js';
import { EngineFault } from './fault.js';
import { momentOf, type LogQuery } from './log-buffer.js';
import { bodyOf, flag, route, type Call, type Reply, type Route } from './router.js';

/** Docker takes a list, and from old clients an object of `true`. */
const schema = z.record(
  z.string(),
  z.union([z.array(z.string()), z.record(z.string(), z.boolean()).transform((set) => Object.keys(set))]),
);

interface ContainerFilters {
  readonly status: readonly string[];
  match(container: Container): boolean;
}

/** The `filters` of a list: AND across names, OR within values. Throws `EngineFault`. */
function filtersOf(query: URLSearchParams): ContainerFilters {
  const filters = schema.parse(JSON.parse(query.get('filters') ?? '{}'));
  for (const name of Object.keys(filters)) {
    if (!(name in matchers)) throw new EngineFault(400, `invalid filter '${name}'`);
  }
  return {
    status: filters['status'] ?? [],
    match: (container) =>
      Object.entries(filters).every(
        ([name, values]) =>
          values.length === 0 || values.some((value) => matchers[name]?.(container, value) === true),
      ),
  };
}

const matchers: Readonly<Record<string, (container: Container, value: string) => boolean>> = {
  id: ({ id }, value) => id.startsWith(value),
  // A name is searched for, as a pattern, with its slash in front.
  name: ({ name }, value) => new RegExp(value).test(`/${name}`) || new RegExp(value).test(name),
  label: ({ image, config }, value) => {
    const labels = { ...image.labels, ...config.Labels };
    const [key = '', ...rest] = value.split('=');
    return rest.length === 0 ? key in labels : labels[key] === rest.join('=');
  },
  status: ({ state }, value) => state.status === value,
  ancestor: ({ image, config }, value) => config.Image === value || image.id === value,
};

const done: Reply = { status: 204 };
const alreadySo: Reply = { status: 304 };

/** What the Engine API does with containers. */
export function containerRoutes({ containers, networks }: Engine): readonly Route[] {
  const named = ({ parameters }: Call): Container => containers.get(parameters['id'] ?? '');
  return [
    route('GET', '/containers/json', ({ query }) => {
      const filters = filtersOf(query);
      const all = flag(query, 'all') || filters.status.length > 0;
      const listed = containers
        .all()
        .filter((container) => (all || container.running) && filters.match(container));
      return { status: 200, body: listed.map(summaryOf) };
    }),
    route('POST', '/containers/create', async (call) => {
      const parsed = createSchema.safeParse(await bodyOf(call));
      if (!parsed.success) throw new EngineFault(400, z.prettifyError(parsed.error));
      for (const { Type, Source } of parsed.data.HostConfig?.Mounts ?? []) {
        if (Type !== 'bind' || existsSync(Source ?? '')) continue;
        const why = `bind source path does not exist: ${Source ?? ''}`;
        throw new EngineFault(400, `invalid mount config for type "bind": ${why}`);
      }
      for (const network of Object.keys(parsed.data.NetworkingConfig?.EndpointsConfig ?? {})) {
        networks.get(network);
      }
      const container = containers.create(call.query.get('name') ?? undefined, parsed.data);
      return { status: 201, body: { Id: container.id, Warnings: [] } };
    }),
    route('GET', '/containers/{id}/json', (call) => ({ status: 200, body: inspectionOf(named(call)) })),
    route('POST', '/containers/{id}/start', async (call) => ((await named(call).start()) ? done : alreadySo)),
    route('POST', '/containers/{id}/stop', async (call) =>
      (await named(call).stop(graceOf(call))) ? done : alreadySo,
    ),
    route('POST', '/containers/{id}/restart', async (call) => {
      const container = named(call);
      await container.stop(graceOf(call));
      await container.start();
      return done;
    }),
    route('POST', '/containers/{id}/kill', async (call) => {
      await named(call).kill(call.query.get('signal') ?? 'SIGKILL');
      return done;
    }),
    route('POST', '/containers/{id}/rename', (call) => {
      containers.rename(named(call), call.query.get('name') ?? '');
      return done;
    }),
    route('POST', '/containers/{id}/update', async (call) => {
      const container = named(call);
      const update = z.object({ RestartPolicy: restartPolicySchema.nullish() }).parse(await bodyOf(call));
      if (update.RestartPolicy) container.restartPolicy = restartPolicyOf(update.RestartPolicy);
      return { status: 200, body: { Warnings: [] } };
    }),
    route('POST', '/containers/{id}/wait', async (call) => ({
      status: 200,
      body: { StatusCode: await named(call).ended() },
    })),
    route('GET', '/containers/{id}/logs', (call) => sendLogs(named(call), call)),
    route('DELETE', '/containers/{id}', async (call) => {
      await containers.remove(named(call), flag(call.query, 'force'));
      return done;
    }),
  ];
}

const graceOf = ({ query }: Call): number | undefined => {
  const seconds = query.get('t');
  return seconds === null ? undefined : Number(seconds) * 1_000;
};

function sendLogs(container: Container, { query, response }: Call): undefined {
  const tail = query.get('tail');
  const wanted: LogQuery = {
    streams: (['stdout', 'stderr'] as const).filter((stream) => flag(query, stream)),
    timestamps: flag(query, 'timestamps'),
    ...(tail === null || tail === 'all' ? {} : { tail: Number(tail) }),
    ...defined({ since: momentOf(query.get('since')), until: momentOf(query.get('until')) }),
  };
  const kind = container.config.Tty === true ? 'raw' : 'multiplexed';
  response.writeHead(200, { 'content-type': `application/vnd.docker.${kind}-stream` });
  response.flushHeaders();
  response.write(container.log.read(wanted));
  if (!flag(query, 'follow') || !container.running) {
    response.end();
    return;
  }
  const unfollow = container.log.follow(wanted, (line) => response.write(line));
  response.on('close', unfollow);
  void container.ended().then(() => response.end());
}
