import { EC2InstanceConnectClient, SendSSHPublicKeyCommand } from '@aws-sdk/client-ec2-instance-connect';
import pLimit from 'p-limit';
import { explainedPush, notAnInstance, pushUnconfirmed } from '../errors/aws.js';
import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import type { KeyPusher } from '../ports/transport.js';
import type { AwsClients } from './clients.js';

const action = 'ec2-instance-connect:SendSSHPublicKey';

/** Pushes under way at a time: a fleet that is connected to at once must not run into the rate limit at once. */
const atOnce = 8;

/** EC2 Instance Connect: puts a public key into an instance's metadata for 60 seconds, where its sshd looks for it. */
export class InstanceConnect implements KeyPusher {
  readonly #inTurn = pLimit(atOnce);

  readonly #client: (region: string) => EC2InstanceConnectClient;

  constructor(private readonly clients: AwsClients) {
    this.#client = clients.perRegion((settings) => new EC2InstanceConnectClient(settings));
  }

  /** Throws `aws.instance_connect` where the host is the reason, and the other `aws.*`. */
  async push(host: Host, user: string, publicKey: string): Promise<void> {
    if (!/^i-[0-9a-z]+$/.test(host.id)) throw notAnInstance(host);
    const region = host.region ?? this.clients.homeRegion;
    await this.#inTurn(() =>
      this.clients.call(action, region, async () => {
        const command = new SendSSHPublicKeyCommand({
          InstanceId: host.id,
          InstanceOSUser: user,
          SSHPublicKey: publicKey,
          ...defined({ AvailabilityZone: host.zone }),
        });
        const { Success } = await this.#client(region)
          .send(command)
          .catch((error: unknown) => {
            throw explainedPush(error, host, user) ?? error;
          });
        if (Success !== true) throw pushUnconfirmed(host);
      }),
    );
  }
}
