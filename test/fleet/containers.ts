import { readFileSync } from 'node:fs';
import type Docker from 'dockerode';
import { GenericContainer, type StartedNetwork } from 'testcontainers';
import { missingCapabilities } from './engine/capabilities.js';
import { unlessGone } from './engine/engine.js';
import { alive } from './engine/alive.js';

const entry = readFileSync(new URL('host/entry.sh', import.meta.url), 'utf8');
const plainEntry = readFileSync(new URL('host/plain-entry.sh', import.meta.url), 'utf8');
const registryConfig = `version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: /var/lib/registry }, delete: { enabled: true } }
http: { addr: ":5000" }
`;
/** Says which process of the tests a container belongs to. */
export const ownerLabel = 'adfpush.fleet.owner';

/** A host to be: sshd and a Docker Engine, whose data is in memory so that its size can be changed. */
export function hostContainer(image: string, network: StartedNetwork): GenericContainer {
  const missing = missingCapabilities();
  const container = labelled(image, network)
    .withCopyContentToContainer([{ content: entry, target: '/entry.sh' }])
    .withTmpFs({ '/var/lib/docker': `exec,size=${diskSize}` })
    .withCommand(['docker-init', '--', 'sh', '/entry.sh']);
  return missing.length === 0
    ? container.withPrivilegedMode()
    : container
        .withAddedCapabilities('ALL')
        .withDroppedCapabilities(...missing)
        .withSecurityOpt('seccomp=unconfined', 'apparmor=unconfined');
}

/** What a host believes to have for Docker; memory is only taken for what is stored. */
export const diskSize = '8g';

/** A host to be, with sshd alone. It sees a folder of this machine as `/shared`. */
export function plainContainer(
  image: string,
  network: StartedNetwork,
  name: string,
  shared: string,
): GenericContainer {
  return labelled(image, network)
    .withHostname(name)
    .withBindMounts([{ source: shared, target: '/shared' }])
    .withCopyContentToContainer([{ content: plainEntry, target: '/entry.sh' }])
    .withCommand(['docker-init', '--', 'sh', '/entry.sh']);
}

/** Debian's docker-registry on port 5000, open to all. */
export function registryContainer(image: string, network: StartedNetwork): GenericContainer {
  return labelled(image, network)
    .withCopyContentToContainer([{ content: registryConfig, target: '/etc/registry.yml' }])
    .withCommand(['docker-registry', 'serve', '/etc/registry.yml']);
}

const labelled = (image: string, network: StartedNetwork): GenericContainer =>
  new GenericContainer(image).withNetwork(network).withLabels({ [ownerLabel]: String(process.pid) });

/** Removes what a killed run of the tests left in the Engine. Its network may be gone already: an Engine that is started anew has none. */
export async function sweep(
  docker: Pick<Docker, 'listContainers' | 'getContainer' | 'getNetwork'>,
): Promise<void> {
  const containers = await docker.listContainers({ all: true, filters: { label: [ownerLabel] } });
  const orphans = containers.filter(({ Labels }) => !alive(Number(Labels[ownerLabel])));
  await Promise.all(
    orphans.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone)),
  );
  const networks = new Set(orphans.flatMap((orphan) => networksOf(orphan)));
  await Promise.all([...networks].map((id) => docker.getNetwork(id).remove().catch(unlessGone)));
}

const networksOf = ({ NetworkSettings }: Docker.ContainerInfo): readonly string[] =>
  // A container that was never started has a network without an id.
  Object.values(NetworkSettings.Networks).flatMap(({ NetworkID }) => (NetworkID === '' ? [] : [NetworkID]));
