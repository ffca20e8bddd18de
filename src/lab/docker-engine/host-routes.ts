import { z } from 'zod';
import { networkOf } from './describe.js';
import type { Engine } from './engine.js';
import { EngineFault } from './fault.js';
import { bodyOf, route, type Call, type Route } from './router.js';

const version = '27.5.1';

/** What the Engine API tells of itself, and its networks. */
export function hostRoutes(engine: Engine): readonly Route[] {
  const { networks, containers, images, architecture } = engine;
  const network = ({ parameters }: Call) => networks.get(parameters['id'] ?? '');
  const endpoint = async (call: Call) =>
    containers.get(z.object({ Container: z.string() }).parse(await bodyOf(call)).Container);
  return [
    route('GET', '/_ping', () => ({ status: 200, body: 'OK' })),
    route('HEAD', '/_ping', () => ({ status: 200 })),
    route('GET', '/version', () => ({
      status: 200,
      body: {
        Version: version,
        ApiVersion: '1.47',
        MinAPIVersion: '1.24',
        Os: 'linux',
        Arch: architecture,
        Platform: { Name: 'adfpush lab' },
      },
    })),
    route('GET', '/info', () => ({
      status: 200,
      body: {
        ID: engine.name,
        Name: engine.name,
        ServerVersion: version,
        OSType: 'linux',
        Architecture: architecture === 'arm64' ? 'aarch64' : 'x86_64',
        OperatingSystem: 'adfpush lab',
        Driver: 'overlay2',
        DockerRootDir: '/var/lib/docker',
        LiveRestoreEnabled: false,
        SystemTime: new Date().toISOString(),
        Containers: containers.all().length,
        ContainersRunning: containers.all().filter(({ running }) => running).length,
        Images: images.all().length,
      },
    })),
    route('GET', '/networks', () => ({
      status: 200,
      body: networks.all().map((each) => networkOf(each, containers.all())),
    })),
    route('POST', '/networks/create', async (call) => {
      const wanted = z
        .object({
          Name: z.string(),
          Driver: z.string().nullish(),
          Labels: z.record(z.string(), z.string()).nullish(),
        })
        .parse(await bodyOf(call));
      const made = networks.create(wanted.Name, wanted.Driver ?? 'bridge', wanted.Labels ?? {});
      return { status: 201, body: { Id: made.id, Warning: '' } };
    }),
    route('GET', '/networks/{id}', (call) => ({
      status: 200,
      body: networkOf(network(call), containers.all()),
    })),
    route('POST', '/networks/{id}/connect', async (call) => {
      const { name } = network(call);
      const container = await endpoint(call);
      if (container.networks.has(name)) {
        throw new EngineFault(403, `endpoint with name ${container.name} already exists in network ${name}`);
      }
      container.networks.add(name);
      return { status: 200 };
    }),
    route('POST', '/networks/{id}/disconnect', async (call) => {
      const { name } = network(call);
      (await endpoint(call)).networks.delete(name);
      return { status: 200 };
    }),
    route('DELETE', '/networks/{id}', (call) => {
      const found = network(call);
      if (containers.all().some((container) => container.running && container.networks.has(found.name))) {
        throw new EngineFault(
          403,
          `error while removing network: network ${found.name} has active endpoints`,
        );
      }
      networks.remove(found);
      return { status: 204 };
    }),
  ];
}
