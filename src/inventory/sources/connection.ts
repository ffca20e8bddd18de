import { ownInstanceId } from '../../config/connection-schema.js';
import type { DockerSettings, Host, SshSettings } from '../../model/host.js';
import type { HostId } from '../../model/ids.js';

interface Connection {
  readonly ssh: SshSettings;
  readonly docker: DockerSettings;
}

/**
 * How one host is reached: `adfpush.yml`, the environment, the host's own entry, each key from the last that has it.
 * `host_key_alias: instance_id` becomes the host's own id.
 */
export function connectionOf(id: HostId, layers: readonly Connection[]): Pick<Host, 'ssh' | 'docker'> {
  const ssh: SshSettings = layers.reduce<SshSettings>((below, layer) => ({ ...below, ...layer.ssh }), {});
  return {
    ssh: ssh.hostKeyAlias === ownInstanceId ? { ...ssh, hostKeyAlias: id } : ssh,
    docker: layers.reduce<DockerSettings>((below, layer) => ({ ...below, ...layer.docker }), {}),
  };
}
