import { readFileSync } from 'node:fs';
import type Docker from 'dockerode';
import { execIn, mustExecIn } from '../host/exec.js';
import { until } from '../until.js';

const listens = "ss -ltn | grep -q ':22 '";

/** The way to every host: an sshd beside the registry, in its container. */
export class Bastion {
  private constructor(
    private readonly machine: Docker.Container,
    /** As ProxyJump names it. */
    readonly name: string,
    /** Its line in known_hosts. */
    readonly knownHost: string,
  ) {}

  /** Lets the user in who may enter the hosts too. */
  static async open(
    machine: Docker.Container,
    address: string,
    user: string,
    authorized: string,
  ): Promise<Bastion> {
    const home = `/home/${user}/.ssh`;
    const key = '/etc/ssh/ssh_host_ed25519_key';
    const script = `install -d -m 700 -o ${user} -g ${user} ${home}
      echo '${authorized.trim()}' > ${home}/authorized_keys
      chown ${user}: ${home}/authorized_keys
      mkdir -p /run/sshd
      [ -e ${key} ] || ssh-keygen -q -t ed25519 -N '' -f ${key}
      cat ${key}.pub`;
    const [type = '', secret = ''] = (await mustExecIn(machine, ['sh', '-ec', script])).trim().split(' ');
    return new Bastion(machine, `${user}@${address}`, `${address} ${type} ${secret}\n`);
  }

  async start(): Promise<void> {
    // Not with pgrep, which also finds processes that have ended and are not reaped.
    await mustExecIn(this.machine, ['sh', '-ec', `${listens} || /usr/sbin/sshd`]);
    await until('the sshd of the bastion', async () =>
      (await execIn(this.machine, ['sh', '-c', listens])).code === 0 ? true : undefined,
    );
  }

  /** Its sshd and every connection through it die at once. */
  async kill(): Promise<void> {
    await execIn(this.machine, ['pkill', '-KILL', '-x', 'sshd']);
  }
}

/** A known_hosts file with one line more. */
export const withLine = (file: string, line: string): string =>
  `${readFileSync(file, 'utf8').trimEnd()}\n${line}`;
