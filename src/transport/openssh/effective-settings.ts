import { execFile } from 'node:child_process';
import { sshProgramMissing } from '../../errors/openssh.js';
import { unreachable } from '../../errors/ssh.js';
import type { Host } from '../../model/host.js';
import type { SshLimits } from '../ssh/limits.js';
import { serverAlive } from '../ssh/keepalive.js';
import {
  configOption,
  firstServer,
  optionsOfHost,
  type MasterSettings,
  type Surroundings,
} from './master-settings.js';

export interface EffectiveSettings extends MasterSettings {
  readonly user: string;
  /** The sshd that is connected to first, for the gate. */
  readonly server: string;
}

/**
 * Asks ssh what it would do (`ssh -G`), for the little that is not left to it: "StrictHostKeyChecking no" becomes accept-new, "ask" becomes
 * yes, and signs of life are asked for often enough. Throws `ssh.unreachable` for a configuration that ssh itself refuses.
 */
export async function effectiveSettings(
  host: Host,
  surroundings: Surroundings,
  environment: NodeJS.ProcessEnv,
  limits: SshLimits,
): Promise<EffectiveSettings> {
  const args = ['-G', ...configOption(host, surroundings), ...optionsOfHost(host), '--', host.address];
  const said = await run(host, surroundings.program, args, environment);
  const { ssh } = host;
  const interval = ssh.serverAliveInterval ?? 1_000 * Number(said.get('serveraliveinterval') ?? 0);
  const count =
    ssh.serverAliveCountMax ?? (interval === 0 ? undefined : Number(said.get('serveralivecountmax')));
  const timeout = 1_000 * Number(said.get('connecttimeout'));
  const proxyJump = said.get('proxyjump');
  const jumps = proxyJump === undefined || proxyJump === 'none' ? undefined : proxyJump;
  const checking = said.get('stricthostkeychecking') ?? 'ask';
  return {
    user: said.get('user') ?? '',
    server: firstServer(host, jumps, said.get('hostname') ?? host.address, said.get('port') ?? '22'),
    hostKeyChecking: ssh.strictHostKeyChecking ?? (trusting.includes(checking) ? 'accept-new' : 'yes'),
    ...(jumps === undefined ? {} : { proxyJump: jumps }),
    connectTimeout: ssh.connectTimeout ?? (timeout > 0 ? timeout : limits.connectTimeout),
    ...serverAlive(limits, {
      serverAliveInterval: interval,
      ...(count === undefined ? {} : { serverAliveCountMax: count }),
    }),
  };
}

/** As `ssh -G` writes them. */
const trusting = ['accept-new', 'no', 'off', 'false'];

function run(
  host: Host,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ReadonlyMap<string, string>> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env }, (error, stdout, stderr) => {
      if (error === null) resolve(parse(stdout));
      else if (typeof error.code === 'string') reject(sshProgramMissing(host, program, error));
      else reject(unreachable(host, 'settings', stderr.trim(), error));
    });
  });
}

const parse = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\n').map((line): [string, string] => {
      const [name = '', ...value] = line.split(' ');
      return [name, value.join(' ')];
    }),
  );
