import { GetItemCommand, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { connectCloud } from '../../src/aws/access.js';
import { errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { Clock } from '../../src/ports/clock.js';
import type { LeaseName, LeaseOwner, LeaseRequest, LeaseStore } from '../../src/ports/lease-store.js';
import { makeHost } from '../fakes/make-host.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import type { DynamoServer } from './dynamo-server.js';

export const ann: LeaseOwner = { run: 'run-a', who: 'ann@desk', link: 'https://ci/job/7' };
export const bob: LeaseOwner = { run: 'run-b', who: 'bob@build-2' };

export const api: LeaseName = {
  environment: environmentName('prod'),
  group: groupName('api'),
  hosts: [makeHost('h1')],
};

export const requestOf = (owner: LeaseOwner): LeaseRequest => ({ ...api, owner, duration: 60_000 });

let machines = 0;

/** What one machine has of the store: nobody else's memory, and a clock of its own. */
export function storeAt(dynamo: DynamoServer, clock: Clock, table = 'locks'): Promise<LeaseStore> {
  machines += 1;
  const cloud = connectCloud({ endpoint: dynamo.endpoint, region: 'eu-west-1' });
  return cloud.leases({ table, clock, random: new SeededRandom(`machine ${machines}`) });
}

export async function itemOf(
  dynamo: DynamoServer,
  lock = 'prod.api',
): Promise<Record<string, AttributeValue> | undefined> {
  const command = new GetItemCommand({ TableName: 'locks', Key: { lock: { S: lock } } });
  return (await dynamo.client.send(command)).Item;
}

/** The error that it ends with; fails when it ends well. */
export async function failureOf(work: Promise<unknown>): Promise<AdfError> {
  try {
    await work;
  } catch (error) {
    return errorsOf(error)[0];
  }
  throw new Error('it succeeded');
}
