import type { BlipSource } from '../model/blip.js';
import { describeHost } from '../model/host.js';
import { AdfError } from './adf-error.js';
import { isTransient } from './aws.js';
import { isRefusedByEngine, mayPullLater } from './docker.js';
import type { ErrorHost } from './ssh.js';

/**
 * Whether an error may be gone by itself, and where it comes from. Undefined for refusals: a login, a host key, a full disk, a missing
 * image, an Engine that this user may not use.
 */
export function blipSourceOf(error: unknown): BlipSource | undefined {
  if (!(error instanceof AdfError)) return undefined;
  if (isTransient(error)) return 'cloud';
  switch (error.code) {
    case 'ssh.unreachable':
      return error.phase === 'settings' ? undefined : 'connection';
    case 'ssh.connection_lost':
      return 'connection';
    case 'docker.unreachable':
      return isRefusedByEngine(error) ? undefined : 'engine';
    case 'docker.api':
      return isOutage(error.status) ? 'engine' : undefined;
    case 'docker.pull':
      return mayPullLater(error) ? 'registry' : undefined;
    case 'registry.unavailable':
      return 'registry';
    default:
      return undefined;
  }
}

const isOutage = (status: number | undefined): boolean => status !== undefined && status >= 502;

/** A host that comes and goes: each blip is short, but there are too many of them. */
export const tooManyBlips = (host: ErrorHost, most: number, last: AdfError): AdfError =>
  new AdfError({
    code: 'blip.too_many',
    class: 'failed',
    message: `${describeHost(host)} was out of reach more than ${most} times in one turn; the last time: ${last.message}`,
    host: describeHost(host),
    hint: 'Look for what disturbs the host or the network to it; rollout.max_blips says how many are borne.',
    cause: last,
  });
