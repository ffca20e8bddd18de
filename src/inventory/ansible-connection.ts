import { defined } from '../model/defined.js';
import type { Host, SshSettings } from '../model/host.js';

/** How Ansible reaches a host as adfpush does: its own variables where it has them, and options of ssh for the rest. */
export function connectionVariables({ address, ssh }: Host): Readonly<Record<string, unknown>> {
  const options = sshOptions(ssh);
  return {
    ansible_host: address,
    ...defined({
      ansible_port: ssh.port,
      ansible_user: ssh.user,
      ansible_ssh_private_key_file: ssh.identityFile,
    }),
    ...(options.length === 0 ? {} : { ansible_ssh_common_args: options.map(quoted).join(' ') }),
  };
}

function sshOptions(ssh: SshSettings): readonly string[] {
  const seconds = (milliseconds: number | undefined): number | undefined =>
    milliseconds === undefined ? undefined : Math.ceil(milliseconds / 1_000);
  const options: Readonly<Record<string, string | number | undefined>> = {
    IdentitiesOnly: ssh.identitiesOnly === undefined ? undefined : ssh.identitiesOnly ? 'yes' : 'no',
    IdentityAgent: ssh.identityAgent,
    ProxyJump: ssh.proxyJump,
    ProxyCommand: ssh.proxyCommand,
    UserKnownHostsFile: ssh.knownHostsFile,
    HostKeyAlias: ssh.hostKeyAlias,
    StrictHostKeyChecking: ssh.strictHostKeyChecking,
    ConnectTimeout: seconds(ssh.connectTimeout),
    ServerAliveInterval: seconds(ssh.serverAliveInterval),
    ServerAliveCountMax: ssh.serverAliveCountMax,
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return [
    ...(ssh.configFile === undefined ? [] : ['-F', ssh.configFile]),
    ...given.flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

/** As Python's shlex takes it apart again, which Ansible uses. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
