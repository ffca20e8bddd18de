import { imageInspectionOf, imageSummaryOf } from './describe.js';
import type { Engine } from './engine.js';
import { findRemote, pullLayers, type PullRequest } from './pull.js';
import { flag, route, type Call, type Route } from './router.js';

/** What the Engine API does with images. */
export function imageRoutes(engine: Engine): readonly Route[] {
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
