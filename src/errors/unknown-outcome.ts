import { AdfError } from './adf-error.js';

/**
 * True when a request that was sent ended with this, and it is not known whether it was carried out, or still will be: its connection was
 * lost, or no answer came. `ssh.unreachable` is none of these: the connection was never there, so nothing was sent.
 */
export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof AdfError ? unknownCodes.has(error.code) : true;

const unknownCodes = new Set([
  'ssh.connection_lost',
  'docker.unreachable',
  'command.unknown',
  'aws.unavailable',
  'aws.unreachable',
]);
