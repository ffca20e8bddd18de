import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';
import { enumerate } from './nearest.js';

/** An interrupted run, as errors tell of it. */
interface Interrupted {
  readonly run: string;
  readonly verb: string;
  readonly environment: string;
  readonly owner: { readonly who: string; readonly link?: string };
}

const named = ({ run, verb, owner: { who, link } }: Interrupted): string =>
  `run ${run} (${verb} by ${who}${link === undefined ? '' : `, ${link}`})`;

/** `--no-recover`, and there is something to recover. */
export const notRecovered = (run: Interrupted, held: readonly string[]): AdfError =>
  new AdfError({
    code: 'recover.refused',
    class: 'refused',
    message: `The ${named(run)} was interrupted${held.length === 0 ? '' : ` and still holds: ${held.join('; ')}`}.`,
    hint: `Restore it with: adfpush recover ${run.run} --env ${run.environment}. Without --no-recover a deploy does so first.`,
  });

/** A person at the terminal said no to restoring it. */
export const recoveryDeclined = (run: Interrupted, held: readonly string[]): AdfError =>
  new AdfError({
    code: 'recover.declined',
    class: 'refused',
    message: `The ${named(run)} was interrupted${held.length === 0 ? '' : ` and still holds: ${held.join('; ')}`}. That it is restored was not confirmed.`,
    hint: `Nothing was changed. A group is only rolled when nothing of it is held: restore it with adfpush recover ${run.run} --env ${run.environment}.`,
  });

/** Hosts of an interrupted run that could not be restored: nothing is rolled over them. */
export const notAllRestored = (run: Interrupted, hosts: readonly string[]): AdfError =>
  new AdfError({
    code: 'recover.named',
    class: 'needs_person',
    message: `The ${named(run)} was interrupted, and ${enumerate(hosts)} could not be restored to what ${hosts.length === 1 ? 'it' : 'they'} had before.`,
    hint:
      `Mend what is said of ${hosts.length === 1 ? 'it' : 'them'} above, then run again: what is still held is restored first. ` +
      'What cannot come back is forgotten on its host: ' +
      `docker volume rm $(docker volume ls -q -f label=adfpush.hold -f name=adfpush-hold-${run.run}-)`,
  });

/** The credentials are of another account than what is held. */
export const wrongAccountToRecover = (run: Interrupted, held: string, own: string): AdfError =>
  new AdfError({
    code: 'recover.wrong_account',
    class: 'refused',
    message: `The ${named(run)} holds registrations in the account ${held}; the environment "${run.environment}" is in ${own}. Nothing was changed.`,
    hint: 'Recover it with the project and the credentials that it ran with.',
  });

export const unknownRun = (run: string, environment: string): AdfError =>
  new AdfError({
    code: 'recover.unknown_run',
    class: 'invalid',
    message: `There is no run ${run} of the environment "${environment}": neither a journal here, nor a hold on a host that could be asked.`,
    hint: 'Without a run, adfpush recover restores every interrupted run that it finds.',
  });

/** A health check that was written down without its secret proves nothing. */
export const probeWithoutSecret = (host: Host, why: string): AdfError =>
  new AdfError({
    code: 'recover.probe',
    class: 'failed',
    host: describeHost(host),
    message: `Its health check has a secret, which is written down nowhere, and the project's own cannot be read: ${why}`,
    hint: 'Recover from the project that has the secret, with the variables that the run had.',
  });

export const claimUncheckedCode = 'recover.unchecked';

/** What a journal says of a host that could not be asked, or that tells otherwise. `why` is a clause. */
export const claimUnchecked = (host: Host, why: string): AdfError =>
  new AdfError({
    code: claimUncheckedCode,
    class: 'failed',
    host: describeHost(host),
    message: `What was held of it was not put back: ${why}.`,
    hint: 'Look at the host; when it answers, and is as it should be (its container runs, its registrations are there), recover again.',
  });

/** A hold of a host that the inventory does not have any more. */
export const hostNotListed = (host: string): AdfError =>
  new AdfError({
    code: 'recover.not_listed',
    class: 'failed',
    host,
    message: 'The inventory does not list it any more, and it is not known to be gone.',
    hint: 'Bring it back into the inventory (started, with its tags) and recover again; or put back by hand what it held.',
  });

/** Without the lease of the group: another run counts with the place, so it is not registered. */
export const placeReserved = (host: Host, runs: readonly string[], targetGroup: string): AdfError =>
  new AdfError({
    code: 'recover.place_reserved',
    class: 'failed',
    host: describeHost(host),
    message: `run ${enumerate(runs)} has it out of "${targetGroup}", or is about to take it out.`,
    hint: 'Wait until that run has ended, then recover again.',
  });
