import { sshProgramMissing } from '../../errors/openssh.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import type { Clock } from '../../ports/clock.js';
import { formatJump, parseJumps, type Jumps } from '../ssh/jump-hosts.js';
import { serverAlive } from '../ssh/keepalive.js';
import type { SshLimits } from '../ssh/limits.js';
import { SshBinary } from '../ssh/openssh-config/ask-ssh.js';
import { configFileOf, type Surroundings } from './surroundings.js';

/** What ssh says that it would do, as far as that is not left to it. */
export interface EffectiveSettings {
  /** For people, where ssh is not told: the user that it logs in as. */
  readonly user?: string;
  readonly hostKeyChecking: 'yes' | 'accept-new';
  /** The bastions, where there are any. */
  readonly jumps?: Jumps;
  /** Where the host is: the name that ssh resolves. */
  readonly hostname: string;
  /** The sshd that this machine itself connects to, as the gate counts them. */
  readonly server: string;
  readonly connectTimeout: Milliseconds;
  readonly serverAliveInterval: Milliseconds;
  readonly serverAliveCountMax: number;
}

/** `no` would also accept a changed key, which adfpush never does. */
const believesNew = ['accept-new', 'no', 'off', 'false'];

/** Asks ssh what it would do, for the little that adfpush does not leave to it. */
export class SettingsEnquiry {
  #ssh: Promise<SshBinary | undefined> | undefined;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly limits: SshLimits,
    private readonly clock: Clock,
  ) {}

  /** Throws `ssh.program`, `ssh.config`, `ssh.proxy_jump`. */
  async about(host: Host): Promise<EffectiveSettings> {
    const { address, ssh } = host;
    const { program } = this.surroundings;
    const binary = await (this.#ssh ??= SshBinary.find(this.clock, program));
    if (binary === undefined) throw sshProgramMissing(host, program);
    const configFile = configFileOf(host, this.surroundings);
    const { said } = await binary.ask({
      name: address,
      ...defined({ user: ssh.user, port: ssh.port, configFile }),
    });
    const one = (keyword: string): string | undefined => said.get(keyword)?.[0];
    const seconds = (keyword: string): Milliseconds | undefined => inMilliseconds(one(keyword));
    const count = one('serveralivecountmax');
    const ofConfig = said.has('proxycommand') ? undefined : one('proxyjump');
    const jumps = jumpsOf(host, ssh.proxyCommand === undefined ? (ssh.proxyJump ?? ofConfig) : undefined);
    const user = ssh.user ?? one('user');
    const checking = ssh.strictHostKeyChecking ?? one('stricthostkeychecking') ?? 'ask';
    return {
      ...defined({ user }),
      hostKeyChecking: believesNew.includes(checking) ? 'accept-new' : 'yes',
      ...defined({ jumps }),
      hostname: one('hostname') ?? address,
      server: firstServer(jumps, one('hostname') ?? address, ssh.port ?? Number(one('port') ?? 22)),
      connectTimeout: ssh.connectTimeout ?? seconds('connecttimeout') ?? this.limits.connectTimeout,
      ...serverAlive(this.limits, {
        serverAliveInterval: ssh.serverAliveInterval ?? seconds('serveraliveinterval') ?? 0,
        ...(count === undefined ? {} : { serverAliveCountMax: Number(count) }),
        ...defined({ serverAliveCountMax: ssh.serverAliveCountMax }),
      }),
    };
  }
}

const jumpsOf = (host: Host, proxyJump: string | undefined): Jumps | undefined =>
  proxyJump === undefined || proxyJump.toLowerCase() === 'none' ? undefined : parseJumps(host, proxyJump);

function firstServer(jumps: Jumps | undefined, address: string, port: number): string {
  if (jumps === undefined) return `direct|${address}:${port}`;
  const first = jumps.before[0] ?? jumps.last;
  return `direct|${formatJump({ name: first.name, port: first.port ?? 22 })}`;
}

const inMilliseconds = (text: string | undefined): Milliseconds | undefined =>
  text === undefined || text === 'none' ? undefined : Number(text) * 1_000;
