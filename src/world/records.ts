import type { StateBackend } from '../config/state-schema.js';
import type { AwsCloud } from '../aws/access.js';
import type { Clock } from '../ports/clock.js';
import type { ControlSide } from '../ports/control-side.js';
import type { DrainedRecords } from '../ports/drained.js';
import type { Ledger, LedgerRecord } from '../ports/ledger.js';
import type { Releases } from '../ports/releases.js';
import { succeeded, type Transport } from '../ports/transport.js';
import { drainedText } from '../state/drained-text.js';
import { HostLedger } from '../state/host-ledger.js';
import { LedgerFile } from '../state/ledger-file.js';
import type { LedgerText } from '../state/ledger-text.js';
import { releaseText } from '../state/release-text.js';
import { RecordedDrains } from './drained-records.js';
import { tableAccount } from './lease-store.js';

interface RecordPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly control: ControlSide;
}

/** What is on record of the groups of a project: their releases, and which of their hosts are drained. `state` is the state folder. */
export async function recordsOf(
  state: string,
  backend: StateBackend,
  cloud: AwsCloud | undefined,
  { transport, clock, control }: RecordPorts,
): Promise<{ readonly releases: Releases; readonly drained: DrainedRecords }> {
  const table = <R extends LedgerRecord>(text: LedgerText<R>) => tableOf(text, backend, cloud, clock);
  return {
    releases: {
      on: (host) => new HostLedger(transport, host, releaseText),
      shared: [...(await table(releaseText)), new LedgerFile(state, releaseText)],
      revision: () => revisionOf(control),
    },
    drained: new RecordedDrains(
      { on: (host) => new HostLedger(transport, host, drainedText), shared: await table(drainedText) },
      { forks: hostsAtOnce, ports: { clock } },
    ),
  };
}

/** Hosts whose records of drained hosts are read or written at the same time. */
const hostsAtOnce = 50;

/** The table of the team, where there is one. */
async function tableOf<R extends LedgerRecord>(
  text: LedgerText<R>,
  backend: StateBackend,
  cloud: AwsCloud | undefined,
  clock: Clock,
): Promise<readonly Ledger<R>[]> {
  if (backend.kind === 'hosts') return [];
  const { kind: _, ...table } = backend;
  const account = await tableAccount(backend, cloud);
  return [await account.ledger({ ...table, clock }, text)];
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
