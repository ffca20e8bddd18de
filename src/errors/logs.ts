import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

/** More containers than the host's connection has room for. */
export const tooManyLogs = (host: Host, count: number, most: number): AdfError =>
  new AdfError({
    code: 'logs.too_many',
    class: 'failed',
    message: `There are ${count} containers to read at the same time on ${describeHost(host)}; at most ${most} can be.`,
    host: describeHost(host),
    hint: 'Choose one with --container NAME, or take a shorter --since.',
  });

export const noSuchLog = (groups: readonly string[], container: string | undefined): AdfError =>
  new AdfError({
    code: 'logs.none',
    class: 'refused',
    message: `No host has a container ${container === undefined ? 'that adfpush started' : `"${container}"`} of ${groups.join(', ')}.`,
    hint: 'adfpush status shows what the hosts run. Only containers that adfpush started belong to a group.',
  });
