import { EC2Client, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { hostKeyRejected } from '../errors/host-key.js';
import type { Host } from '../model/host.js';
import type { HostKeySource } from '../ports/transport.js';
import type { AwsClients } from './clients.js';
import { hostKeyBlocks } from './console-text.js';

/** Instances asked at a time: EC2 lets an account ask for few consoles a second. */
const atOnce = 4;

/**
 * The host keys that cloud-init prints to an instance's serial console when it makes them, at first boot
 * (`-----BEGIN SSH HOST KEY KEYS-----`). EC2 shows the last 64 KiB of that console to a caller with credentials for its API.
 *
 * Which block is right, when there are several? Cloud-init prints its own once in an instance's life. But the console is not only
 * cloud-init's: root can write to it, and so can an app whose log goes there, which may repeat what its clients sent. Such a block
 * comes later than the right one, so the last one is the worst to take; and the first one of those that are kept may be a late one
 * too, when the right one has been pushed out of the 64 KiB. So all that are kept must say the same; when they do not, nobody is
 * believed. What remains is somebody who can print so much that only his own block is left, before adfpush has met the instance, and
 * can also get between the two. Against that helps to deploy soon after the launch, or known_hosts: from the first connection on
 * the key is on record, and the console is not asked again.
 *
 * Lines count only with nothing before them, or with what the kernel and cloud-init put there: a logger that names another program
 * before its line does not speak for cloud-init.
 */
export class ConsoleHostKeys implements HostKeySource {
  #asking = 0;
  readonly #waiting: (() => void)[] = [];

  readonly #ec2: (region: string) => EC2Client;

  constructor(private readonly clients: AwsClients) {
    this.#ec2 = clients.perRegion((settings) => new EC2Client(settings));
  }

  async hostKeysOf(host: Host): Promise<readonly string[]> {
    const blocks = hostKeyBlocks(await this.#inTurn(() => this.#output(host)));
    const [first = [], ...others] = blocks;
    const same = (block: readonly string[]): boolean => block.join('\n') === first.join('\n');
    const types = first.map((line) => line.split(' ')[0]);
    if (!others.every(same) || new Set(types).size !== types.length) {
      throw hostKeyRejected(host, { kind: 'console_contradictory', blocks: blocks.length });
    }
    return first;
  }

  /** An instance of the Nitro system tells what its console shows now, older ones what it showed a while ago. */
  async #output(host: Host): Promise<string> {
    const region = host.region ?? this.clients.homeRegion;
    return this.clients.call('ec2:GetConsoleOutput', region, async () => {
      const client = this.#ec2(region);
      const ask = async (Latest: boolean): Promise<string> => {
        const { Output } = await client.send(new GetConsoleOutputCommand({ InstanceId: host.id, Latest }));
        return Buffer.from(Output ?? '', 'base64').toString('utf8');
      };
      return ask(true).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'UnsupportedOperation') return ask(false);
        throw error;
      });
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#asking >= atOnce) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#asking += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#asking -= 1;
      else next();
    }
  }
}
