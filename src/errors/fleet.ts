import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

/** What a run has to tell of a fleet that is not the one it planned for. */
const failed = (code: string, host: Host, message: string, hint: string): AdfError =>
  new AdfError({ code: `fleet.${code}`, class: 'failed', host: describeHost(host), message, hint });

/** `--skip-unreachable` left it out. */
export const hostSkipped = (host: Host, why: string): AdfError =>
  failed(
    'host_skipped',
    host,
    `${describeHost(host)} could not be reached and was left out of the run: ${why}`,
    'Run it again when the host can be reached: what is converged is skipped.',
  );

/** It joined a group while it was rolled, and is not on the release now. `why` ends with a dot. */
export const joinerNotRolled = (host: Host, group: string, why: string): AdfError =>
  failed(
    'joiner_not_rolled',
    host,
    `${describeHost(host)} joined "${group}" during the run and was not rolled: ${why}`,
    'Deploy again when that is mended: what is converged is skipped.',
  );

/** Whether hosts joined cannot be told. */
export const notListedAgain = (why: string): AdfError =>
  new AdfError({
    code: 'fleet.not_listed_again',
    class: 'failed',
    message: `The hosts could not be listed again after the roll, so that joined ones would not be known: ${why}`,
    hint: 'Deploy again: what is converged is skipped.',
  });

export const hostGoneCode = 'fleet.host_gone';

/** It was terminated or stopped in the middle. `held` is what it had left behind, if anything. */
export const hostGone = (host: Host, held: readonly string[] = []): AdfError =>
  failed(
    'host_gone',
    host,
    `${describeHost(host)} is gone: it was terminated or stopped during the run${held.length === 0 ? '' : `, while the run held ${held.join(', ')}`}.`,
    'Nothing has to be put back. A host that is started again is restored by the next deploy of the group before it begins.',
  );

/** What others deregistered during the run is not put back. */
export const deregisteredByOthers = (host: Host, where: string): AdfError =>
  failed(
    'deregistered_by_others',
    host,
    `${describeHost(host)} is not in ${where} any more: others deregistered it during the run, so it was left out of there.`,
    'If it is to serve, register it again; until then a deploy of the group refuses it.',
  );

/** Interlock 3, when the run itself had drained the host. */
export const registeredAgain = (host: Host, refused: string, where: string): AdfError =>
  failed(
    'registered_again',
    host,
    `${refused}: this run had drained the host, and others registered it again in ${where}.`,
    'Find out who does that (an Auto Scaling group, another tool, a person), then deploy again.',
  );
