import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import { formatPlatform, type Platform } from '../model/platform.js';
import { formatPinnedImage, type PinnedImage } from '../model/release.js';
import type { Outcome } from '../ports/transport.js';
import { AdfError } from './adf-error.js';

/** What a task says when it failed on a host. All are of class `failed`. */
const failed = (code: string, host: Host, message: string, hint?: string): AdfError =>
  new AdfError({
    code,
    class: 'failed',
    message,
    host: describeHost(host),
    ...defined({ hint }),
  });

export const digestNotPulled = (host: Host, image: PinnedImage, found: readonly string[]): AdfError =>
  failed(
    'image.not_verified',
    host,
    `After the pull the host has ${found.length === 0 ? 'no such image' : found.join(', ')} instead of ${formatPinnedImage(image)}.`,
    'A proxy or mirror between the host and the registry may serve something else.',
  );

/** Pulled, or there from before: an Engine keeps one platform of a digest. */
export const wrongPlatformPulled = (
  host: Host,
  image: PinnedImage,
  local: Platform,
  own: Platform,
): AdfError =>
  failed(
    'image.wrong_platform',
    host,
    `${formatPinnedImage(image)} is there for ${formatPlatform(local)}, but the host is ${formatPlatform(own)}.`,
    `Build the image for ${formatPlatform(own)} too. If it is built for that already, remove this one on the host: docker image rm ${formatPinnedImage(image)}.`,
  );

export const foreignContainerAppeared = (host: Host, container: string): AdfError =>
  failed(
    'container.foreign',
    host,
    `The container "${container}" was not started by adfpush.`,
    `To let adfpush replace it, write "adopt: ${container}" in the container's settings.`,
  );

export const containerOfOtherGroup = (host: Host, container: string, group: string): AdfError =>
  failed(
    'container.other_group',
    host,
    `The container "${container}" belongs to group "${group}".`,
    `Give one of the two another name; or, where it is to be replaced, write "adopt: ${container}" in the container's settings.`,
  );

export const describeOutcome = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'exited':
      return `exited with ${outcome.code}`;
    case 'signalled':
      return `was killed by ${outcome.signal}`;
    case 'timed_out':
      return 'timed out';
    case 'cancelled':
      return 'was cancelled';
    case 'interrupted':
      return `was interrupted: ${outcome.reason}`;
    case 'unknown':
      return `has an unknown outcome: ${outcome.reason}`;
  }
};

export const commandFailed = (host: Host, outcome: Outcome, stderr: string): AdfError => {
  const lastLine = stderr.trimEnd().split('\n').at(-1) ?? '';
  const said = lastLine === '' ? '' : `: ${lastLine}`;
  const hint =
    outcome.kind === 'unknown'
      ? 'It may have run, and it may still run: look before running it again.'
      : outcome.kind === 'interrupted'
        ? 'It is not run again: look how far it came.'
        : undefined;
  return failed(
    outcome.kind === 'unknown'
      ? 'command.unknown'
      : outcome.kind === 'interrupted'
        ? 'command.interrupted'
        : 'command.failed',
    host,
    `The command ${describeOutcome(outcome)}${said}.`,
    hint,
  );
};

/** The same failure of a task with `no_log`, whose words may hold what must not be seen. */
export const hiddenByNoLog = ({ code, class: errorClass, host, at }: AdfError): AdfError =>
  new AdfError({
    code,
    class: errorClass,
    message: 'The task failed; what it said is hidden by no_log.',
    ...defined({ host, at }),
  });

export const unexpectedStatus = (
  host: Host,
  url: string,
  status: number,
  expected: readonly number[],
): AdfError => failed('uri.status', host, `${url} answered ${status}, not ${expected.join(' or ')}.`);

export const assertionFailed = (host: Host, assertion: string, message: string | undefined): AdfError =>
  failed('assert.failed', host, message ?? `The assertion does not hold: ${assertion}`);

export const failedByPlaybook = (host: Host, message: string): AdfError => failed('fail', host, message);

export const notProven = (host: Host, what: string, lastAnswer: string, logs: string): AdfError =>
  failed(
    'health.not_proven',
    host,
    `Not healthy: ${what}; the last answer was ${lastAnswer}.${logs === '' ? '' : `\nLast lines of its log:\n${logs}`}`,
  );

export const crashLoop = (host: Host, container: string, how: string, logs: string): AdfError =>
  failed(
    'health.crash_loop',
    host,
    `The container "${container}" does not stay up: ${how}.${logs === '' ? '' : `\nLast lines of its log:\n${logs}`}`,
  );
