import type Docker from 'dockerode';
import { until } from '../until.js';
import { execIn, mustExecIn } from './exec.js';

/** What a playbook may leave on a host, where the cases put it. Later cases find none of it. */
const reset = `
  pkill -KILL -u deploy || true
  for user in deploy root; do crontab -r -u "$user" 2> /dev/null || true; done
  find /etc/cron.d -type f -newer /run/sshd -delete
  rm -rf /home/*/.adfpush /home/*/.local /home/*/.ansible /var/lib/adfpush /var/tmp/adfpush /dev/shm/adfpush
  find /tmp /shared -mindepth 1 -delete 2> /dev/null || true
  mkdir -m 777 /tmp/w
  # Every user may trace. It is root's, as /tmp is: else fs.protected_regular keeps others from it.
  : > /tmp/trace
  chmod 666 /tmp/trace
  pgrep -x sshd > /dev/null || /usr/sbin/sshd`;

/** A host without a Docker Engine, as the tests see and harm it: past SSH and past adfpush, from the outer Engine. */
export class PlainHost {
  constructor(
    readonly name: string,
    readonly address: string,
    private readonly machine: Docker.Container,
  ) {}

  /** Runs a script as root. Throws when it fails. */
  async sh(script: string): Promise<string> {
    return mustExecIn(this.machine, ['sh', '-ec', script]);
  }

  /** Every process of it dies at once, as when its power is cut; connections to it are refused from now on. */
  async cutPower(): Promise<void> {
    // The command may die with the rest.
    await execIn(this.machine, ['sh', '-ec', 'kill -TERM 1']);
    await until('sshd to be gone', async () =>
      (await execIn(this.machine, ['pgrep', '-x', 'sshd'])).code === 0 ? undefined : true,
    );
  }

  /** As it was when the fleet started: sshd answers, and nothing is left of what was done to it. */
  async reset(): Promise<void> {
    await this.sh(reset);
    await this.#sshdAnswers();
  }

  /** The lines of a file on it, none when there is no file; then resets it. In one go, as each look costs. */
  async linesThenReset(file: string): Promise<readonly string[]> {
    const text = await this.sh(`cat ${file} 2> /dev/null || true\n${reset}`);
    return linesOf(text);
  }

  async #sshdAnswers(): Promise<void> {
    await until('sshd', async () =>
      (await execIn(this.machine, ['sh', '-c', 'ss -ltn | grep -q :22'])).code === 0 ? true : undefined,
    );
  }
}

export const linesOf = (text: string): readonly string[] =>
  text.split('\n').filter((line, n, all) => line !== '' || n < all.length - 1);
