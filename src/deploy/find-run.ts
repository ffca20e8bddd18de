import {
  endedByItself,
  nothingToResume,
  rolledNothing,
  rolledSince,
  runAmbiguous,
  runUnknown,
} from '../errors/resume.js';
import type { RunId } from '../model/ids.js';
import { lastOf, laterThan, newestToResume, rolledRun, type RolledRun } from '../plan/resumable-run.js';
import type { JournalStore } from '../ports/journal.js';

/** Which run is to be gone on with. */
export interface RunChoice {
  /** Its id, or the beginning of it; without it the newest one that was interrupted. */
  readonly run?: string;
  /** Only of this environment. */
  readonly environment?: string;
}

/** Exit codes of runs that came to an end by themselves, and that is not gone on with: on_failure said what is to become of it. */
const failed: ReadonlySet<number> = new Set([1, 2, 4]);

/** Finds the run in the journals of this machine. Throws `resume.*` and `journal.*`. */
export async function findRun(
  journals: JournalStore,
  { run: named, environment }: RunChoice,
): Promise<RolledRun> {
  const ids = await journals.runs();
  if (named === undefined) {
    const all = await rolledRuns(ids, journals);
    const ours = all.filter(({ record }) => environment === undefined || record.environment === environment);
    const found = newestToResume(ours);
    if (found === undefined) throw nothingToResume(environment);
    return found;
  }
  const id = idOf(named, ids);
  const all = await rolledRuns(ids.slice(0, ids.indexOf(id) + 1), journals);
  const first = all.find(({ record }) => record.run === id);
  if (first === undefined) throw rolledNothing(id);
  const later = laterThan(first, all);
  if (later !== undefined) throw rolledSince(first.record, later.record);
  const last = lastOf(first, all);
  if (last.exit !== undefined && failed.has(last.exit)) throw endedByItself(last.record, last.exit);
  return last;
}

function idOf(named: string, ids: readonly RunId[]): RunId {
  const exact = ids.find((id) => id === named);
  if (exact !== undefined) return exact;
  const found = named === '' ? [] : ids.filter((id) => id.startsWith(named));
  const [one, ...others] = found;
  if (one === undefined) throw runUnknown(named);
  if (others.length > 0) throw runAmbiguous(named, found);
  return one;
}

async function rolledRuns(ids: readonly RunId[], journals: JournalStore): Promise<readonly RolledRun[]> {
  const found: RolledRun[] = [];
  for (const id of ids) found.push(...[rolledRun(await journals.read(id))].flatMap((run) => run ?? []));
  return found;
}
