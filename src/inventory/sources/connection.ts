import { ownInstanceId } from '../../config/connection-schema.js';
import { wrongAccount } from '../../errors/inventory.js';
import type { DockerSettings, Host, SshSettings } from '../../model/host.js';
import type { AccountId, HostId } from '../../model/ids.js';
import type { Fleet } from '../../ports/fleet.js';

/** Asks whose credentials these are. Throws `inventory.wrong_account`; `file` is where the account is written. */
export async function verifyAccount(fleet: Fleet, expected: AccountId, file: string): Promise<void> {
  const { account, arn } = await fleet.identity();
  if (account !== expected) throw wrongAccount(file, expected, account, arn);
}

interface Connection {
  readonly ssh: SshSettings;
  readonly docker: DockerSettings;
}

/**
 * How one host is reached: `adfpush.yml`, the environment, the host's own entry, each key from the last that has it.
 * `host_key_alias: instance_id` becomes the host's own id.
 */
export function connectionOf(id: HostId, layers: readonly Connection[]): Pick<Host, 'ssh' | 'docker'> {
  const ssh = layers.reduce<SshSettings>(
    (below, layer) => ({ ...wayLeftTo(layer.ssh, below), ...layer.ssh }),
    {},
  );
  return {
    ssh: ssh.hostKeyAlias === ownInstanceId ? { ...ssh, hostKeyAlias: id } : ssh,
    docker: layers.reduce<DockerSettings>((below, layer) => ({ ...below, ...layer.docker }), {}),
  };
}

/** A host has one way: who names a bastion means no ProxyCommand of a lower layer, and the other way round. */
function wayLeftTo(layer: SshSettings, below: SshSettings): SshSettings {
  if (layer.proxyJump === undefined && layer.proxyCommand === undefined) return below;
  const { proxyJump: _jump, proxyCommand: _command, ...rest } = below;
  return rest;
}
