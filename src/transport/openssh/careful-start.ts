import { AdfError } from '../../errors/adf-error.js';
import type { Host } from '../../model/host.js';
import type { AuthenticationBrake } from '../ssh/authentication-brake.js';
import { formatJump } from '../ssh/jump-hosts.js';
import type { EffectiveSettings } from './effective-settings.js';
import type { MasterStart } from './master.js';

/** A master that is ready, or whose server may be asked again. */
export type Started = Exclude<MasterStart, { kind: 'failed' }>;

/**
 * Starts a master unless that could be one refusal too many, at the host or at the bastion before it, which each master asks anew.
 * Throws what failed, and `ssh.authentication_stopped`.
 */
export async function startCarefully(
  host: Host,
  settings: EffectiveSettings,
  brake: AuthenticationBrake,
  start: () => Promise<MasterStart>,
): Promise<Started> {
  const { jumps, hostname: address, user } = settings;
  const { identityFile, identityAgent, identitiesOnly, configFile } = host.ssh;
  const credentials = JSON.stringify([user, identityFile, identityAgent, identitiesOnly, configFile]);
  const attempt = async (mayAuthenticate: () => Promise<void>): Promise<Started> => {
    // ssh cannot be held up in between, so at once.
    await mayAuthenticate();
    const started = await start();
    if (started.kind === 'failed') throw started.error;
    return started;
  };
  if (jumps === undefined) return brake.passTo({ host, address, credentials }, attempt, isReady);

  const name = formatJump(jumps.last);
  const key = [...jumps.before, jumps.last].map(formatJump).join(',');
  const behind = { host, address, credentials, bastion: { name: `bastion ${name}`, key } };
  let refusal: AdfError | undefined;
  const throughBastion = async (mayAuthenticate: () => Promise<void>): Promise<Passage> => {
    await mayAuthenticate();
    try {
      return { kind: 'started', started: await brake.passTo(behind, attempt, isReady) };
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      // What the host itself refused is no fault of the bastion.
      if (!(error.cause instanceof AdfError)) return { kind: 'failed', error };
      refusal = error;
      throw error.cause;
    }
  };
  try {
    const approach = { host, address: jumps.last.name, credentials };
    const passage = await brake.passTo(approach, throughBastion, letUsThrough);
    if (passage.kind === 'failed') throw passage.error;
    return passage.started;
  } catch (error) {
    // The bastion's refusal, told as what it means for the host.
    throw refusal ?? error;
  }
}

/** How far it went beyond the bastion. */
type Passage =
  | { readonly kind: 'started'; readonly started: Started }
  | { readonly kind: 'failed'; readonly error: AdfError };

const isReady = ({ kind }: Started): boolean => kind === 'ready';

const letUsThrough = (passage: Passage): boolean =>
  passage.kind === 'started'
    ? isReady(passage.started)
    : /^ssh\.(authentication|host_key)$/.test(passage.error.code);
