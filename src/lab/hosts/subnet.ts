import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { errorsOf } from '../../errors/adf-error.js';
import { labNoSubnet } from '../../errors/lab.js';
import { closed, listen } from '../listen.js';

/** How the hosts of a lab sit on the loopback interface. */
export interface Subnet {
  /**
   * False where the operating system lets nobody listen on other addresses than 127.0.0.1 (macOS): then addresses are
   * only names, and a bastion leads to what they stand for.
   */
  readonly real: boolean;
  /** Of the host with that number, from 1. */
  address(host: number): string;
  release(): Promise<void>;
}

/** Where the claim on a subnet is staked: no host has this number. */
const claimHost = 254;
const claimPort = 2_220;
const subnets = 250;

/**
 * Claims a subnet 127.47.x for one lab, so that labs beside each other have the same ports and never meet. The claim lasts as long
 * as something listens. Throws `lab.no_subnet`.
 */
export async function claimSubnet(forceNames = false): Promise<Subnet> {
  const first = randomInt(subnets);
  for (let tried = 0; tried < subnets; tried += 1) {
    const prefix = `127.47.${((first + tried) % subnets) + 1}`;
    const claim = createServer();
    const outcome = forceNames ? 'forbidden' : await stake(claim, prefix);
    if (outcome === 'taken') continue;
    return {
      real: outcome === 'claimed',
      address: (host) => `${prefix}.${host}`,
      release: () => closed(claim),
    };
  }
  throw labNoSubnet(subnets);
}

async function stake(claim: Server, prefix: string): Promise<'claimed' | 'taken' | 'forbidden'> {
  try {
    await listen(claim, 'claim on a subnet', { address: `${prefix}.${claimHost}`, port: claimPort });
    return 'claimed';
  } catch (error) {
    return errorsOf(error)[0].code === 'lab.port_taken' ? 'taken' : 'forbidden';
  }
}
