import { defined } from '../model/defined.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import type { EnvironmentName, GroupName } from '../model/ids.js';
import type { LeaseHolder } from '../ports/lease-store.js';
import { AdfError } from './adf-error.js';
import type { AwsCall } from './aws.js';

/** Which table of DynamoDB keeps the locks, and how it is reached. */
export interface LockTablePlace extends Omit<AwsCall, 'action'> {
  readonly table: string;
}

interface LeaseName {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
}

/** What DynamoDB says of the table. Undefined for what it says of the caller: credentials, permissions, rates. */
export function explainedTable(thrown: unknown, place: LockTablePlace): AdfError | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (thrown.name === 'ResourceNotFoundException') return tableMissing(place);
  if (thrown.name === 'ValidationException' && aboutKeys.test(thrown.message)) {
    return tableKeys(place, thrown.message);
  }
  return undefined;
}

/** DynamoDB has no code of its own for a request whose keys are not the table's. */
const aboutKeys = /key element|key schema|missing the key|conditions on the keys|type mismatch for key/i;

const tableMissing = (place: LockTablePlace): AdfError =>
  new AdfError({
    code: 'lease.table_missing',
    class: 'refused',
    message: `The table "${place.table}", where adfpush.yml keeps its locks, does not exist ${where(place)}.`,
    hint: `Create it, and wait until it is active: ${createTable(place)}`,
  });

const tableKeys = (place: LockTablePlace, said: string): AdfError =>
  new AdfError({
    code: 'lease.table_keys',
    class: 'refused',
    message: `The table "${place.table}" ${where(place)} has other keys than a table of locks: ${said.replace(/\.$/, '')}.`,
    hint: `Its partition key must be the text "lock", without a sort key. Name another table, made so: ${createTable(place)}`,
  });

const where = ({ region, endpoint }: LockTablePlace): string =>
  `in ${region}${endpoint === undefined ? '' : ` at ${endpoint}`}`;

function createTable({ table, region, endpoint, profile }: LockTablePlace): string {
  const options = [
    `--region ${region}`,
    ...(profile === undefined ? [] : [`--profile ${profile}`]),
    ...(endpoint === undefined ? [] : [`--endpoint-url ${endpoint}`]),
    `--table-name ${table}`,
    '--attribute-definitions AttributeName=lock,AttributeType=S',
    '--key-schema AttributeName=lock,KeyType=HASH',
    '--billing-mode PAY_PER_REQUEST',
  ];
  return `aws dynamodb create-table ${options.join(' ')}`;
}

/** An item of the table that adfpush did not write so. */
export const lockItemMalformed = ({ table }: LockTablePlace, lock: string, attribute: string): AdfError =>
  new AdfError({
    code: 'lease.item_malformed',
    class: 'refused',
    message: `The item "${lock}" of the table "${table}" is no lock of adfpush: its attribute "${attribute}" is missing or of another kind.`,
    hint: 'Was it edited by hand? Delete the item while no run deploys.',
  });

/** It may still take effect: look before you ask again. */
export const tableSilent = ({ table, region }: LockTablePlace, limit: Milliseconds): AdfError =>
  new AdfError({
    code: 'aws.unreachable',
    class: 'refused',
    message: `The table "${table}" in ${region} does not answer within ${formatDuration(limit)}.`,
    hint: 'Check the network and the proxy of this machine.',
  });

/** The table cannot be asked who holds the lease, or be told that it is held on. */
export const leaseTableUnavailable = ({ environment, group }: LeaseName, reason: AdfError): AdfError =>
  new AdfError({
    code: 'lease.unavailable',
    class: 'refused',
    message: `The lock of group "${group}" in "${environment}" is out of reach: ${reason.message}`,
    ...defined({ hint: reason.hint }),
  });

/** Somebody holds it who, by the wall clocks, has not renewed it for long: asking again while it stays so is how it is got. */
export const leaseQuiet = (
  { environment, group }: LeaseName,
  { who, run, link, expiresIn }: LeaseHolder,
  quietFor: Milliseconds,
): AdfError =>
  new AdfError({
    code: 'lease.quiet',
    class: 'refused',
    message:
      `Group "${group}" in "${environment}" is locked by ${who}, run ${run}${link === undefined ? '' : ` (${link})`}, who seems to have died: ` +
      `the lock was last renewed ${formatDuration(quietFor)} ago. It is free when it is not renewed within ${formatDuration(expiresIn)}.`,
    hint: 'Wait for it with --lock-wait 10m.',
  });

/** Others took and released it again and again while this run asked. */
export const leaseContended = ({ environment, group }: LeaseName): AdfError =>
  new AdfError({
    code: 'lease.unavailable',
    class: 'refused',
    message: `The lock of group "${group}" in "${environment}" went to others each time it was free.`,
    hint: 'Wait for it with --lock-wait 10m.',
  });
