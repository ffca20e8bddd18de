import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { DynamoLeaseStore } from '../../src/aws/dynamo-leases.js';
import type { LockRecord } from '../../src/aws/dynamo-record.js';
import type { Expected, LockTable } from '../../src/aws/dynamo-table.js';
import { errorsOf } from '../../src/errors/adf-error.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { Lease, LeaseOwner, LeaseRequest, LeaseStore } from '../../src/ports/lease-store.js';
import { HostFence } from '../../src/state/host-fence.js';
import type { HostAnswer } from '../../src/state/host-lease-answer.js';
import { HostLeaseStore } from '../../src/state/host-leases.js';
import { readMove, type LeaseWish } from '../../src/state/lease-machine.js';
import { majorityQuorum, recordNumber, type MemberRecord } from '../../src/state/lease-rules.js';
import { MovedLeases } from '../../src/state/moved-leases.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { makeHost } from '../fakes/make-host.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { FakeProc, ShellTransport, type ShellHost } from './shell-transport.js';

/** One item of a table, written as DynamoDB would. */
class OneItem implements LockTable {
  item: LockRecord | undefined;

  read(): Promise<LockRecord | undefined> {
    return Promise.resolve(this.item);
  }

  write(record: LockRecord, expected: Expected): Promise<boolean> {
    const isExpected =
      this.item === undefined ? expected === 'nothing' : expected.includes(this.item.version);
    if (isExpected) this.item = record;
    return Promise.resolve(isExpected);
  }
}

const ann: LeaseOwner = { run: 'run-a', who: 'ann@desk' };
const bob: LeaseOwner = { run: 'run-b', who: 'bob@desk' };
const cem: LeaseOwner = { run: 'run-c', who: 'cem@desk' };
const ids = ['h1', 'h2', 'h3'];
const requestOf = (owner: LeaseOwner, given: Partial<LeaseRequest> = {}): LeaseRequest => ({
  environment: environmentName('prod'),
  group: groupName('api'),
  hosts: ids.map((id) => makeHost(id)),
  owner,
  duration: 60_000,
  ...given,
});

/** Agents of one group whose projects disagree on where its lock is kept; the hosts' part runs in a real shell. */
describe('a group whose lock is moved from its hosts to a table, or back', () => {
  let folder: string;
  let clock: FakeClock;
  let machines: Map<string, ShellHost>;
  let table: OneItem;
  let onHosts: HostLeaseStore;
  let fence: HostFence;

  beforeEach(() => {
    folder = temporaryFolder('moved');
    clock = new FakeClock();
    table = new OneItem();
    machines = new Map(
      ids.map((id) => {
        mkdirSync(join(folder, id));
        const proc = new FakeProc(join(folder, id, 'proc'));
        return [id, { directory: join(folder, id, 'lock'), proc, reachable: true }];
      }),
    );
    onHosts = new HostLeaseStore(new ShellTransport(machines), clock);
    fence = new HostFence(new ShellTransport(machines));
  });

  /** As another agent with that backend: it has seen nothing yet. */
  const inTable = (): LeaseStore =>
    new MovedLeases(new DynamoLeaseStore(table, clock, new SeededRandom(1)), onHosts, 'dynamodb');
  const outcome = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'got',
      (error: unknown) => errorsOf(error)[0].code,
    );
  const admit = (lease: Lease, { run }: LeaseOwner, host = 'h1'): Promise<string> =>
    outcome(fence.admit(makeHost(host), { lease: lease.name, epoch: lease.epoch, run }));
  const hostsPass = (seconds: number): void => machines.forEach(({ proc }) => proc.set(1_000 + seconds));
  const losing = (...hosts: readonly string[]): void =>
    hosts.forEach((id) => (machines.get(id)!.reachable = false));

  it('is not given by the table while a run has it on the hosts', async () => {
    const lease = await onHosts.acquire(requestOf(ann));
    expect(await outcome(inTable().acquire(requestOf(bob)))).toBe('lease.held');
    await lease.release();
    expect(await outcome(inTable().acquire(requestOf(bob)))).toBe('got');
  });

  it('is not given by the hosts once runs have it in the table, and says what to type', async () => {
    const lease = await inTable().acquire(requestOf(bob));
    expect(await outcome(onHosts.acquire(requestOf(ann)))).toBe('lease.moved');
    await lease.release();
    // Another run may have taken it there since: the hosts cannot know.
    const error: unknown = await onHosts.acquire(requestOf(ann)).catch((thrown: unknown) => thrown);
    expect(errorsOf(error)[0].hint).toContain('adfpush lock release --group api --env prod --force');
  });

  it('is given by the hosts again when a person said so, and then no change of the table’s run is let in', async () => {
    const lease = await inTable().acquire(requestOf(bob));
    expect(await admit(lease, bob)).toBe('got');
    await onHosts.seize(requestOf(cem), cem);
    expect(await admit(lease, bob)).toBe('lease.fenced');
    const back = await onHosts.acquire(requestOf(ann));
    expect(await admit(back, ann)).toBe('got');
    expect(await outcome(inTable().acquire(requestOf(cem)))).toBe('lease.held');
  });

  it('goes back and forth with epochs that only rise', async () => {
    const epochs: number[] = [];
    const take = async (store: LeaseStore, owner: LeaseOwner): Promise<void> => {
      const lease = await store.acquire(requestOf(owner));
      expect(await admit(lease, owner)).toBe('got');
      epochs.push(lease.epoch);
      await lease.release();
    };
    await take(onHosts, ann);
    await take(inTable(), bob);
    await take(inTable(), cem);
    await onHosts.seize(requestOf(ann), ann);
    await take(onHosts, ann);
    await take(inTable(), bob);
    expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
    expect(new Set(epochs).size).toBe(5);
  });

  it('goes back with a newer epoch also where all hosts are new', async () => {
    const [first, ...others] = ids.map((id) => makeHost(id));
    const old = requestOf(bob, { hosts: [first!] });
    for (let turn = 1; turn <= 5; turn += 1) await (await inTable().acquire(old)).release();
    const joined = { hosts: others };
    const lease = await inTable().acquire(requestOf(bob, joined));
    await onHosts.seize(requestOf(cem, joined), cem);
    expect(await admit(lease, bob, 'h2')).toBe('lease.fenced');
    const back = await onHosts.acquire(requestOf(ann, joined));
    expect(back.epoch).toBeGreaterThan(lease.epoch);
  });

  it('lets no change in of a run that slept through the move', async () => {
    const asleep = await onHosts.acquire(requestOf(ann));
    expect(await admit(asleep, ann)).toBe('got');
    hostsPass(120);
    const lease = await inTable().acquire(requestOf(bob));
    expect(await admit(lease, bob)).toBe('got');
    for (const host of ids) expect(await admit(asleep, ann, host)).toBe('lease.fenced');
    expect(await outcome(onHosts.acquire(requestOf(ann, { since: asleep.epoch })))).toBe('lease.lost');
  });

  it('is given to one of two runs that want it at once, one here and one there', async () => {
    const both = await Promise.all([
      outcome(onHosts.acquire(requestOf(ann))),
      outcome(inTable().acquire(requestOf(bob))),
    ]);
    expect(both.filter((one) => one === 'got').length).toBeLessThanOrEqual(1);
    hostsPass(120);
    await clock.advance(120_000);
    expect(await outcome(inTable().acquire(requestOf(bob)))).toBe('got');
  });

  it('is given by the table though most hosts are out of reach, when one of the others knows of the move', async () => {
    await (await inTable().acquire(requestOf(bob))).release();
    losing('h1', 'h2');
    expect(await outcome(inTable().acquire(requestOf(cem)))).toBe('got');
  });

  it('is not given by the table where too few hosts answer to know whether a run has it there', async () => {
    losing('h1', 'h2');
    expect(await outcome(inTable().acquire(requestOf(cem)))).toBe('lease.unavailable');
    expect(table.item).toBeUndefined();
  });

  it('is not given by the table where another run took it on the hosts meanwhile', async () => {
    // After the look at the hosts, and before the note there: an agent whose clock is ahead takes it, and gives it back.
    const meanwhile: Pick<HostLeaseStore, 'lookMoved' | 'moveTo'> = {
      lookMoved: (wish, place) => onHosts.lookMoved(wish, place),
      moveTo: async (place, wish) => {
        const above = (wish.above ?? 0) + 60;
        await (await onHosts.acquire(requestOf(ann, { above }))).release();
        return onHosts.moveTo(place, wish);
      },
    };
    const store = new MovedLeases(
      new DynamoLeaseStore(table, clock, new SeededRandom(1)),
      meanwhile,
      'dynamodb',
    );

    expect(await outcome(store.acquire(requestOf(bob)))).toBe('lease.lost');

    // It is free then: the next run takes it in the table, with an epoch that the hosts let in.
    const lease = await inTable().acquire(requestOf(cem));
    expect(await admit(lease, cem)).toBe('got');
    expect(await outcome(onHosts.acquire(requestOf(ann)))).toBe('lease.moved');
  });

  it('is looked at, and released by force, in the table', async () => {
    const store = inTable();
    await store.acquire(requestOf(bob));
    expect((await store.look(requestOf(bob))).holder?.run).toBe('run-b');
    await store.seize(requestOf(bob), cem);
    expect((await store.look(requestOf(bob))).holder).toBeUndefined();
    expect(await outcome(inTable().acquire(requestOf(cem)))).toBe('got');
  });

  it('is given anew by the table to the run that had it, with all hosts out of reach', async () => {
    const store = inTable();
    const lease = await store.acquire(requestOf(bob));
    losing(...ids);
    const again = await store.acquire(requestOf(bob, { since: lease.epoch }));
    expect(again.epoch).toBe(lease.epoch + 1);
  });
});

describe('what hosts know of a lease that was moved', () => {
  const wish: LeaseWish = { run: 'run-b', members: ids, leftOut: new Set(), gone: new Set() };
  const quorums = [majorityQuorum(ids)];
  const noteOf = (epoch: number, step: number): MemberRecord => ({
    number: recordNumber(epoch, step),
    quorums,
    moved: { to: 'dynamodb', run: 'run-a' },
  });
  const free = (host: string, record: MemberRecord): HostAnswer => ({
    host,
    kind: 'free',
    epoch: Math.floor(record.number / 1_000),
    record,
    comers: [],
  });
  const silent = (host: string): HostAnswer => ({ host, kind: 'failed', reason: 'no answer in time' });

  it('is believed of one host only when a majority has the note, too', () => {
    const others = [silent('h2'), silent('h3')];
    const perhaps = readMove(wish, 'dynamodb', [free('h1', noteOf(1, 1)), ...others]);
    expect(perhaps.refusal?.why).toBe('too_few');
    const surely = readMove(wish, 'dynamodb', [free('h1', noteOf(1, 2)), ...others]);
    expect(surely).toEqual({ epoch: 1, isMoved: true });
  });

  it('does not count a note that is older than a lock released by force', () => {
    const seized: MemberRecord = { number: recordNumber(2, 0), quorums };
    const answers = [free('h1', noteOf(1, 2)), free('h2', seized), free('h3', noteOf(3, 1))];
    // Whoever asks the first two hosts finds no note.
    expect(readMove(wish, 'dynamodb', answers)).toEqual({ epoch: 3, isMoved: false });
  });

  it('does not count a note of another place', () => {
    const answers = ids.map((id) => free(id, noteOf(1, 2)));
    expect(readMove(wish, 'dynamodb', answers).isMoved).toBe(true);
    expect(readMove(wish, 'elsewhere', answers).isMoved).toBe(false);
  });
});
