import type { StateBackend } from '../config/state-schema.js';
import type { AwsCloud } from '../aws/access.js';
import type { Clock } from '../ports/clock.js';
import type { ControlSide } from '../ports/control-side.js';
import type { ReleasePlace, Releases } from '../ports/releases.js';
import { succeeded, type Transport } from '../ports/transport.js';
import { HostReleases } from '../state/host-releases.js';
import { ReleaseFile } from '../state/release-file.js';
import { readReleaseLines, releaseLine } from '../state/release-lines.js';
import { tableAccount } from './lease-store.js';

/** Where the releases of a project are recorded: `state` is the state folder. */
export async function releasesOf(
  state: string,
  backend: StateBackend,
  cloud: AwsCloud | undefined,
  {
    transport,
    clock,
    control,
  }: { readonly transport: Transport; readonly clock: Clock; readonly control: ControlSide },
): Promise<Releases> {
  const table = await tableOf(backend, cloud, clock);
  return {
    on: (host) => new HostReleases(transport, host),
    shared: [...(table === undefined ? [] : [table]), new ReleaseFile(state)],
    revision: () => revisionOf(control),
  };
}

async function tableOf(
  backend: StateBackend,
  cloud: AwsCloud | undefined,
  clock: Clock,
): Promise<ReleasePlace | undefined> {
  if (backend.kind === 'hosts') return undefined;
  const { kind: _, ...table } = backend;
  const account = await tableAccount(backend, cloud);
  const [write, read] = [releaseLine, readReleaseLines];
  return account.releases({ ...table, clock }, { write, read });
}

/** Git may be missing, or refuse a folder of another user's. */
async function revisionOf(control: ControlSide): ReturnType<Releases['revision']> {
  const git = async (...words: readonly string[]): Promise<string | undefined> => {
    // A look must not write to the repository.
    const env = { GIT_OPTIONAL_LOCKS: '0' };
    const result = await control.run(['git', ...words], { timeout: 5_000, env }).catch(() => undefined);
    return result !== undefined && succeeded(result) ? result.stdout.trim() : undefined;
  };
  const commit = await git('rev-parse', '--verify', 'HEAD');
  if (commit === undefined || !/^[0-9a-f]{40,64}$/.test(commit)) return undefined;
  const status = await git('status', '--porcelain', '--', '.');
  return { commit, dirty: status !== '' };
}
