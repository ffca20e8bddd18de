import { homedir, hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { AwsCloud } from '../aws/access.js';
import { EcrCredentials } from '../aws/ecr-credentials.js';
import { NodeProjectFiles } from '../config/node-project-files.js';
import { NamedSecrets, unknownSecrets } from '../config/named-secrets.js';
import { SettingWords } from '../config/setting-words.js';
import { loadProject } from '../config/project.js';
import { EngineRuntime } from '../docker/engine-runtime.js';
import { unreadableFile } from '../errors/config.js';
import { cloudNotConfigured } from '../errors/usecases.js';
import { Redaction } from '../events/redaction.js';
import { EndpointBook, sharedLayers } from '../inventory/endpoints.js';
import { alwaysThere, FleetPresence } from '../inventory/fleet-presence.js';
import { loadInventory, type CloudAccess } from '../inventory/inventory.js';
import { unmatchedFiles } from '../inventory/unmatched-files.js';
import { defined } from '../model/defined.js';
import { Secret } from '../model/secret.js';
import { checkWords } from '../playbook/vars-files.js';
import { loadPlaybook } from '../playbook/load.js';
import type { Fleet } from '../ports/fleet.js';
import type { SecretBackend } from '../ports/secret-backend.js';
import type { Traffic } from '../ports/traffic.js';
import { packageFolder } from '../program-files.js';
import { CredentialSources } from '../release/credential-sources.js';
import { DockerConfigCredentials } from '../release/docker-config.js';
import { HttpRegistry } from '../release/http-registry.js';
import { HostConfirmations } from '../state/host-confirmations.js';
import { HostFence } from '../state/host-fence.js';
import { HoldsOnHosts } from '../state/host-holds.js';
import { runningJobs } from '../transport/step-runner/running-jobs.js';
import { HostGroupKeys } from '../state/host-group-keys.js';
import { FileEventLogs } from '../state/event-logs.js';
import { FileJournalStore } from '../state/journal-file.js';
import { ownerFromEnvironment } from '../state/lease-owner.js';
import { RetryFile } from '../state/retry-file.js';
import { SpillFiles } from '../state/spill-files.js';
import { stateDirectory } from '../state/state-directory.js';
import { systemClock as clock, systemRandom as random } from '../system/clock.js';
import { SystemControlSide } from '../system/control-side.js';
import { systemProcesses } from '../system/processes.js';
import { takeSecret } from '../system/secret-environment.js';
import { chosenByHost } from '../transport/choosing-transport.js';
import { TransportFiles } from '../transport/host-files/transport-files.js';
import { TransportHttp } from '../transport/host-http.js';
import { SecretFreeTransport } from '../transport/secret-free-transport.js';
import { localFacts } from '../transport/ssh/openssh-config/local-facts.js';
import { becomePassword, passphraseSources } from './become-password.js';
import type { CommonOptions, RunHooks } from './context.js';
import { leaseStoreOf } from './lease-store.js';
import { recordsOf } from './records.js';
import { Notices } from './notices.js';
import { modulesOf } from './own-modules.js';
import { lookupsOf } from './lookups.js';
import { FilesWithSecrets, ProjectSecrets } from './project-secrets.js';
import { notifierOf } from './open-notifier.js';
import { openSecretBackends } from './secret-backends.js';
import { RecordedFiles } from './project-digest.js';
import type { World } from './world.js';
import { readRegularSync } from '../system/regular-file.js';

/** Opens the real world for one use case, and closes it whatever comes of that. */
export async function inWorld<T>(
  options: CommonOptions,
  hooks: Pick<RunHooks, 'prompt'>,
  act: (world: World) => Promise<T>,
): Promise<T> {
  const world = await openWorld(options, hooks);
  try {
    return await act(world);
  } finally {
    await world.close();
  }
}

/** Opens the real world for one use case: reads the project and makes the ports, but connects to nothing yet. */
export async function openWorld(
  {
    project: directory,
    environment,
    askBecomePass = false,
    offline = false,
    redaction = new Redaction(),
    extraVars,
  }: CommonOptions,
  { prompt }: Pick<RunHooks, 'prompt'> = {},
): Promise<World> {
  const begun = clock.elapsed();
  keepCloudSecrets(redaction);
  const secretFileOf = (path: string): Uint8Array | undefined => secretFile(resolve(directory, path));
  const named = new NamedSecrets(redaction, async () => openBackends());
  const secrets = new ProjectSecrets(named);
  const onDisk = new NodeProjectFiles(directory);
  const files = new RecordedFiles(new FilesWithSecrets(onDisk, secrets));
  const words = new SettingWords(onDisk);
  const project = await loadProject(
    files,
    directory,
    {
      keeper: redaction,
      environment: secretVariable,
      file: secretFileOf,
      named: offline ? unknownSecrets : named,
    },
    lookupsOf(directory, process.env, files, (name, zone) => endpoints.find(name, zone)),
    words,
  );
  for (const layer of extraVars) await words.check(layer);
  const password = await becomePassword(askBecomePass, prompt, redaction);
  const environmentFile = await project.environment(environment);
  const endpoints = await EndpointBook.of(project, environmentFile, extraVars);
  // A template that says `endpoint` needs what the URLs of endpoints need.
  secrets.know({ name: 'endpoints', values: { endpoint: endpoints.written } });
  const { access, secretBackends } = environmentFile;
  const cloud = access === undefined || offline ? undefined : await connectTo(access);
  const home = homedir();
  const openBackends = (): Promise<readonly SecretBackend[]> =>
    openSecretBackends(secretBackends, project.config.secretBackends, {
      variable: secretVariable,
      file: secretFileOf,
      settingsDirectory: unlessBlank(process.env['XDG_CONFIG_HOME']) ?? join(home, '.config'),
      keeper: redaction,
      cloud,
    });
  // As OpenSSH, which goes by the passwd entry and not by HOME; a build's container may have none for its user.
  const local = localFacts(home);
  const agentSocket = unlessBlank(process.env['SSH_AUTH_SOCK']);
  const state = stateFolder(project.config.stateDirectory, directory, home);
  const notices = new Notices();
  const reached = chosenByHost({
    clock,
    random,
    homeDirectory: local.homeDirectory,
    baseDirectory: resolve(directory),
    defaultUser: local.localUser,
    ...defined({ agentSocket, becomePassword: password }),
    ...(cloud === undefined ? {} : { hostKeySource: cloud.hostKeys, keyPusher: cloud.keyPusher }),
    onHostKeyRecorded: ({ host: { id, name }, ...recorded }) =>
      notices.tell({ type: 'host_key.recorded', host: { id, name }, ...recorded }),
    ...passphraseSources(prompt, redaction),
  });
  // Docker, files, HTTP, leases and tasks reach hosts through this one, so that no secret becomes an argument there.
  const transport = new SecretFreeTransport(reached, redaction);
  const runtime = new EngineRuntime(transport, clock);
  const credentials = new CredentialSources([
    new EcrCredentials(access ?? {}),
    new DockerConfigCredentials(
      unlessBlank(process.env['DOCKER_CONFIG']) ?? join(home, '.docker'),
      (message) => notices.tell({ type: 'warning', message }),
    ),
  ]);
  const registry = new HttpRegistry({
    credentials,
    insecureRegistries: project.config.insecureRegistries,
    clock,
    random,
  });
  const control = new SystemControlSide(resolve(directory), clock, redaction);
  const backend = offline ? ({ kind: 'hosts' } as const) : project.config.stateBackend;
  const presence = cloud === undefined ? alwaysThere : new FleetPresence(cloud.fleet);
  return {
    clock,
    begun,
    random,
    files,
    hostFiles: new TransportFiles(transport),
    transport,
    notices,
    runtime,
    logs: runtime.logs,
    hostHolds: new HoldsOnHosts(runtime.holds, transport, clock, runningJobs),
    presence,
    fence: new HostFence(transport),
    confirmations: new HostConfirmations(transport),
    groupKeys: new HostGroupKeys(transport, redaction),
    processes: systemProcesses,
    http: new TransportHttp(transport, clock),
    control,
    traffic: cloud?.traffic ?? noTraffic(environment),
    ...(cloud === undefined ? {} : { scaling: cloud.scaling, listenerRules: cloud.listenerRules }),
    registry,
    notifier: notifierOf({
      config: project.config,
      layers: () => sharedLayers(project, environmentFile, extraVars),
      environment,
      secrets,
      control,
      clock,
      registry,
    }),
    redaction,
    secrets,
    endpoints,
    journals: new FileJournalStore({ directory: state }),
    eventLogs: new FileEventLogs(state),
    retry: new RetryFile(state),
    spills: new SpillFiles({
      directory: state,
      redaction: () => redaction.stream(),
      now: () => clock.now(),
    }),
    leases: await leaseStoreOf(backend, { transport, clock, random, presence }, cloud),
    ...(await recordsOf(state, backend, cloud, { transport, clock, control })),
    leaseDuration: project.config.leaseDuration,
    owner: ownerFromEnvironment(process.env, local.localUser, hostname()),
    ...defined({ build: unlessBlank(process.env['BUILD_TAG']) }),
    listHosts: () => loadInventory(project, environment, () => fleetOf(cloud, environment)),
    unmatchedFiles: (inventory) => unmatchedFiles(onDisk, { file: environmentFile, inventory }),
    async playbook(given) {
      const isName = /^[\w-]+$/.test(given);
      const path = isName ? `playbooks/${given}.yml` : given;
      const packaged = new FilesWithSecrets(new NodeProjectFiles(packageFolder), secrets);
      const isPackaged =
        isName && (await files.read(path)) === undefined && (await packaged.stat(path)) !== undefined;
      const playbook = await loadPlaybook(
        isPackaged ? packaged : files,
        path,
        await modulesOf(directory, files),
      );
      await checkWords(playbook, words, onDisk);
      return playbook;
    },
    close: () => transport.close(),
  };
}

/** A build server sets parameters that were left out to nothing. */
const unlessBlank = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? undefined : value;

const ofCloud = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** The AWS SDK reads them when it needs them, and so do helpers that are started from here: they stay in the environment. */
function keepCloudSecrets(redaction: Redaction): void {
  for (const name of ofCloud) {
    const value = process.env[name];
    if (value !== undefined) redaction.add(new Secret(value), name);
  }
}

/** What a project takes from the environment is not inherited by the programs that are started from here. */
const secretVariable = (name: string): string | undefined =>
  ofCloud.includes(name) ? process.env[name] : takeSecret(name)?.reveal();

/** Not by way of the project's files, whose digests are recorded: that of a short secret would tell it. */
function secretFile(path: string): Uint8Array | undefined {
  try {
    return readRegularSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw unreadableFile(path, error);
  }
}

/** The AWS SDK is loaded for environments that are in AWS. */
async function connectTo({ regions, role, profile, endpoint }: CloudAccess): Promise<AwsCloud> {
  const { connectCloud } = await import('../aws/access.js');
  const [region] = regions;
  return connectCloud({
    ...defined({ role, profile, endpoint, region }),
  });
}

/** What is kept of runs outlives the workspace of a build, so it is in the user's state folder unless the project says otherwise. */
export function stateFolder(configured: string | undefined, project: string, home: string): string {
  if (configured === undefined) return stateDirectory(process.env, home);
  return isAbsolute(configured) ? configured : resolve(project, configured);
}

function fleetOf(cloud: AwsCloud | undefined, environment: string): Fleet {
  if (cloud === undefined) throw cloudNotConfigured(environment);
  return cloud.fleet;
}

/** Where the environment says nothing of AWS there are no target groups to ask for. */
function noTraffic(environment: string): Traffic {
  const refuse = (): Promise<never> => Promise.reject(cloudNotConfigured(environment));
  return {
    targetGroups: refuse,
    targetGroupsInUse: refuse,
    health: refuse,
    healthOf: refuse,
    register: refuse,
    deregister: refuse,
    tags: refuse,
    tag: refuse,
    untag: refuse,
  };
}
