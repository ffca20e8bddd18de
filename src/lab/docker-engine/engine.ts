import { createServer } from 'node:http';
import { arch } from 'node:os';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { containerRoutes } from './container-routes.js';
import { Containers, type PublishPort } from './containers.js';
import { imageInspectionOf, imageSummaryOf } from './describe.js';
import { EngineFault } from './fault.js';
import { hostRoutes } from './host-routes.js';
import { ImageStore } from './image-store.js';
import { Networks } from './networks.js';
import { findRemote, pullLayers, type Disk, type PullRequest } from './pull.js';
import { bodyOf, dispatch, flag, route, type Call, type Route } from './router.js';

/** A volume: the lab's apps keep no data, so that it is its name and labels. */
export interface Volume {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly CreatedAt: string;
  readonly Scope: string;
  readonly Options: null;
  readonly Labels: Readonly<Record<string, string>>;
}

const created = z.object({
  Name: z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/),
  Labels: z.record(z.string(), z.string()).nullish(),
});
const filters = z.object({ label: z.array(z.string()).default([]) });

/** What the Engine API does with volumes. Creating one that is there gives that one, with the labels it has. */
function volumeRoutes({ volumes }: Engine): readonly Route[] {
  return [
    route('GET', '/volumes', ({ query }) => {
      const { label } = filters.parse(JSON.parse(query.get('filters') ?? '{}'));
      const listed = [...volumes.values()].filter(({ Labels }) => label.every((name) => name in Labels));
      return { status: 200, body: { Volumes: listed, Warnings: null } };
    }),
    route('POST', '/volumes/create', async (call) => {
      const wanted = created.safeParse(await bodyOf(call));
      if (!wanted.success) throw new EngineFault(400, z.prettifyError(wanted.error));
      const { Name, Labels } = wanted.data;
      const volume = volumes.get(Name) ?? {
        Name,
        Driver: 'local',
        Mountpoint: `/var/lib/docker/volumes/${Name}/_data`,
        CreatedAt: new Date().toISOString(),
        Scope: 'local',
        Options: null,
        Labels: Labels ?? {},
      };
      volumes.set(Name, volume);
      return { status: 201, body: volume };
    }),
    route('DELETE', '/volumes/{name}', ({ parameters, query }) => {
      const name = parameters['name'] ?? '';
      if (!volumes.delete(name) && !flag(query, 'force')) {
        throw new EngineFault(404, `get ${name}: no such volume`);
      }
      return { status: 204 };
    }),
  ];
}

/** What the Engine API does with images. */
function imageRoutes(engine: Engine): readonly Route[] {
  const { images, containers } = engine;
  return [
    route('GET', '/images/json', () => ({ status: 200, body: images.all().map(imageSummaryOf) })),
    route('POST', '/images/create', (call) => pull(engine, call)),
    route('GET', '/images/{name*}/json', ({ parameters }) => ({
      status: 200,
      body: imageInspectionOf(images.get(parameters['name'] ?? '')),
    })),
    route('POST', '/images/{name*}/tag', ({ parameters, query }) => {
      const image = images.get(parameters['name'] ?? '');
      images.tag(image, `${query.get('repo') ?? ''}:${query.get('tag') ?? 'latest'}`);
      return { status: 201 };
    }),
    route('DELETE', '/images/{name*}', ({ parameters, query }) => {
      const name = parameters['name'] ?? '';
      const image = images.get(name);
      const users = containers.all().filter((container) => container.image === image);
      return { status: 200, body: images.remove(name, flag(query, 'force'), users) };
    }),
  ];
}

/** Up to the manifest a failure is a status; after that the status is 200, and a failure is the stream's last line. */
async function pull(engine: Engine, { query, request, response }: Call): Promise<undefined> {
  const wanted = requestOf(query, request.headers['x-registry-auth']);
  const { source, remote } = await findRemote(wanted, engine.architecture);
  response.writeHead(200, { 'content-type': 'application/json' });
  const write = (line: unknown): void => {
    response.write(`${JSON.stringify(line)}\r\n`);
  };
  try {
    for await (const progress of pullLayers(wanted, source, remote, engine.images, engine.disk)) {
      write(progress);
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    write({ errorDetail: { message }, error: message });
  }
  response.end();
}

function requestOf(query: URLSearchParams, auth: string | string[] | undefined): PullRequest {
  const image = query.get('fromImage') ?? '';
  const tag = query.get('tag') ?? '';
  const [, repository = image, digest, tagged] = /^(.+?)(?:@(sha256:.+)|:([^/:]+))?$/.exec(image) ?? [];
  const reference = tag === '' ? (digest ?? tagged ?? 'latest') : tag;
  return { repository, reference, auth: typeof auth === 'string' ? auth : undefined };
}

export interface EngineSettings {
  /** The name of its host. */
  readonly name: string;
  readonly disk: Disk;
  readonly publish: PublishPort;
}

/** A Docker Engine of the lab: Docker's API and its rules, and processes of this machine for containers. */
export class Engine {
  readonly name: string;
  readonly disk: Disk;
  /** As in image indexes. */
  readonly architecture = arch() === 'arm64' ? 'arm64' : 'amd64';
  readonly images = new ImageStore();
  readonly networks = new Networks();
  readonly containers: Containers;
  readonly volumes = new Map<string, Volume>();
  readonly #routes: readonly Route[];
  readonly #streams = new Set<Duplex>();
  readonly #server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void dispatch(this.#routes, request, response);
  });

  constructor({ name, disk, publish }: EngineSettings) {
    this.name = name;
    this.disk = disk;
    this.containers = new Containers(this.images, publish);
    this.#routes = [
      ...hostRoutes(this),
      ...containerRoutes(this),
      ...imageRoutes(this),
      ...volumeRoutes(this),
    ];
  }

  /** Answers on a stream, as `docker system dial-stdio` connects one to the Engine's socket. */
  accept(stream: Duplex): void {
    this.#streams.add(stream);
    stream.once('close', () => this.#streams.delete(stream));
    this.#server.emit('connection', stream);
  }

  /** As a restart of dockerd: everything is stopped; what has a policy for that comes back. */
  async restart(): Promise<void> {
    const ran = this.containers.all().filter(({ running }) => running);
    const returning = this.containers
      .all()
      .filter(
        (container) =>
          container.restartPolicy.name === 'always' ||
          (container.restartPolicy.name === 'unless-stopped' && !container.stoppedByHand),
      );
    await Promise.all(ran.map((container) => container.stop(1_000)));
    await Promise.allSettled(returning.map((container) => container.start()));
  }

  /** Ends all that runs, at once. */
  async stop(): Promise<void> {
    // A server that never listened does not know its connections.
    for (const stream of this.#streams) stream.destroy();
    await Promise.all(this.containers.all().map((container) => container.stop(0)));
  }
}
