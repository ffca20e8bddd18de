import type { HostSession, PlaybookResult } from '../engine/index.js';
import type { HostResult, RunResult } from '../model/run-result.js';
import {
  type Ending,
  endingOf,
  errorsOfTurns,
  namedOnce,
  orInvalid,
  resultError,
  resultOf,
} from '../run/endings.js';
import type { AdHocFleet } from './ad-hoc-fleet.js';

/** The one document that tells how an ad-hoc playbook ended. */
export function adHocResult(playbook: string, fleet: AdHocFleet, played: PlaybookResult): RunResult {
  const { run, sessions, groups } = fleet;
  const errors = [...errorsOfTurns([played]), ...played.errors];
  const ending = orInvalid(endingOf(run, played.named.length > 0, errors, endedWell(fleet)), errors);
  return {
    ...resultOf(run, ending),
    groups,
    playbook,
    releases: [],
    hosts: sessions.map((session): HostResult => ({
      host: session.host.id,
      name: session.host.name,
      ...run.tally.of(session.host.id),
      status: statusOf(session, played),
    })),
    mixed: false,
    oneWay: run.tally.oneWay,
    named: namedOnce(
      played.named.map(({ session: { host }, held, reason }) => ({
        host: host.id,
        name: host.name,
        held,
        reason,
      })),
    ),
    errors: errors.map(resultError),
    warnings: run.tally.warnings,
  };
}

/** A dry run that would change a host has found drift. */
const endedWell = ({ run, sessions }: AdHocFleet): Ending =>
  run.checkMode && sessions.some(({ host }) => run.tally.of(host.id).changed > 0)
    ? ['drift', 6]
    : ['converged', 0];

function statusOf(session: HostSession, played: PlaybookResult): HostResult['status'] {
  const { id } = session.host;
  if (played.named.some((one) => one.session === session)) return 'named';
  if (played.rolledBack.has(id)) return 'rolled_back';
  const turns = played.turns.filter((turn) => turn.session === session);
  const bad = turns.find(({ status }) => status !== 'ok');
  const isRestored = turns.some(({ restore }) => restore?.restored === true);
  if (bad !== undefined)
    return isRestored ? 'restored' : bad.status === 'interrupted' ? 'untouched' : 'failed';
  if (turns.length === 0) return 'untouched';
  return isRestored ? 'restored' : 'ok';
}
