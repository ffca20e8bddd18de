import { formatDuration, type Milliseconds } from '../model/duration.js';
import { AdfError } from './adf-error.js';

/** Why a release is not promoted. Nothing was changed. */
const refused = (code: string, message: string, hint: string): AdfError =>
  new AdfError({ code: `promote.${code}`, class: 'refused', message, hint });

export const samePlace = (environment: string): AdfError =>
  new AdfError({
    code: 'promote.same_environment',
    class: 'invalid',
    message: `A release is promoted from one environment to another, not from "${environment}" to itself.`,
    hint: 'To roll another version there: adfpush deploy.',
  });

/** Each reason is a sentence about one host. */
export const sourceNotAgreed = (group: string, environment: string, reasons: readonly string[]): AdfError =>
  refused(
    'not_agreed',
    [`"${group}" in "${environment}" is not one release that all its hosts run well:`, ...reasons].join('\n'),
    `Put that right there first. See all of it: adfpush status --group ${group} --env ${environment}`,
  );

export const sourceRunsOther = (
  group: string,
  environment: string,
  wanted: string,
  running: string,
): AdfError =>
  refused(
    'other_version',
    `"${group}" in "${environment}" does not run ${wanted}: its hosts run ${running}.`,
    `Promote what runs there, without --version; or deploy it there first: adfpush deploy --group ${group} --env ${environment} --version ${wanted}`,
  );

/** Checks that are not passed, a sentence each. */
export const gatesNotPassed = (group: string, target: string, gates: readonly string[]): AdfError =>
  refused(
    'gates',
    [`"${group}" may not be promoted to "${target}":`, ...gates].join('\n'),
    'Wait, or promote from the right place. The checks are those of promote: in the settings of the group there. To go past them, on record: --skip-gates --reason WHY.',
  );

export const skipWithoutReason = (): AdfError =>
  new AdfError({
    code: 'promote.reason_missing',
    class: 'invalid',
    message: '--skip-gates needs a reason: it is on record with the release.',
    hint: 'Add --reason WHY.',
  });

export const digestNotThere = (group: string, image: string, from: string, why: string): AdfError =>
  refused(
    'image_missing',
    `The hosts of "${group}" would pull ${image}, and its registry does not give it: ${why}`,
    `It was built to ${from}. Copy the image there by its digest first, or let image: of the target name a registry that has it.`,
  );

export const wrongOrigin = (from: string, allowed: readonly string[]): string =>
  `It comes from "${from}", and only releases of ${allowed.map((name) => `"${name}"`).join(', ')} are taken.`;

export const notSoaked = (host: string, ran: Milliseconds, soak: Milliseconds): string =>
  `It has run on ${host} for ${formatDuration(ran)}, and must have run for ${formatDuration(soak)}.`;

export const labelDiffers = (name: string, wanted: string, found: string | undefined): string =>
  found === undefined
    ? `Its image has no label ${name}, which must be "${wanted}".`
    : `Its image has the label ${name} "${found}", which must be "${wanted}".`;
