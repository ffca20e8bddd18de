import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breadth } from '../deep.js';
import { label, type ObservedContainer } from '../../src/model/container.js';
import type { ContainerHold, Hold, RegistrationHold } from '../../src/model/hold.js';
import {
  containerId,
  containerName,
  environmentName,
  groupName,
  holdId,
  hostId,
  runId,
} from '../../src/model/ids.js';
import { targetGroupNameOf, type TargetHealth } from '../../src/model/registration.js';
import {
  judgeClaim,
  outlivedNotes,
  unnotedTargetGroups,
  type Claim,
  type Evidence,
} from '../../src/plan/claims.js';
import { planRestore } from '../../src/plan/restore.js';
import { gone, makeRegistration, target } from '../stages/plan-parts.js';

const older = runId('20260101T000000Z-00000000');
const run = runId('20260102T000000Z-00000000');
const newer = runId('20260103T000000Z-00000000');
const since = 2_000;
const [environment, group, host] = [environmentName('test'), groupName('api'), hostId('h1')];
const place = makeRegistration('h1', 'tg', 5000);
const policy = { name: 'unless-stopped' } as const;

const took: RegistrationHold = {
  id: holdId('1'),
  host,
  group,
  kind: 'registration',
  registration: place,
  state: 'healthy',
};
const gave: RegistrationHold = { ...took, id: holdId('2'), state: 'absent' };
const replaced: ContainerHold = {
  id: holdId('3'),
  host,
  group,
  kind: 'container',
  name: containerName('api'),
  previous: { id: containerId('old'), running: true, restartPolicy: policy },
};

const second: ContainerHold = {
  ...replaced,
  id: holdId('4'),
  name: containerName('api-2'),
  previous: { id: containerId('old-2'), running: true, restartPolicy: policy },
};

/** The container under the held name, or another. `by` is the run that started it; a person, when absent. */
const container = (
  id: string,
  by: string | undefined,
  given: Partial<ObservedContainer> = {},
): ObservedContainer => ({
  id: containerId(id),
  name: containerName('api'),
  image: 'api',
  labels: by === undefined ? {} : { [label.run]: by, [label.environment]: environment, [label.group]: group },
  running: true,
  restartCount: 0,
  restartPolicy: policy,
  createdAt: by === newer ? since + 1_000 : by === run ? since + 10 : since - 1_000,
  ports: [],
  networks: [],
  ...given,
});
const old = container('old', older);
const aside = container('old', older, {
  name: containerName('api-old'),
  running: false,
  restartPolicy: { name: 'no' },
});
const ours = container('new', run);
const theirs = container('newest', newer);

const claimOf = (holds: readonly Hold[], given: Partial<Claim> = {}): Claim => ({
  run,
  environment,
  group,
  since,
  holds,
  places: holds.flatMap((hold) => (hold.kind === 'registration' ? [hold.registration] : [])),
  journaled: true,
  finished: false,
  ...given,
});

interface Row {
  readonly told: string;
  readonly claim: Claim;
  readonly notes?: readonly Hold[];
  readonly containers?: readonly ObservedContainer[];
  readonly unseen?: true;
  readonly state?: TargetHealth;
  readonly since?: Evidence['since'];
  readonly verdict: string;
}

const both = [took, replaced];
const rows: readonly Row[] = [
  {
    told: 'its notes are there, in the middle of a turn',
    claim: claimOf(both),
    notes: both,
    containers: [aside],
    verdict: 'believe 1 3',
  },
  {
    told: 'its notes are there, and others had the lease',
    claim: claimOf(both),
    notes: both,
    containers: [ours, aside],
    since: 'perhaps_others',
    verdict: 'believe 1 3',
  },
  {
    told: 'one of its notes is there, and the other was pruned or taken off',
    claim: claimOf(both),
    notes: [took],
    containers: [old],
    verdict: 'believe 1 3',
  },
  {
    told: 'its notes are there, and a newer run has the name',
    claim: claimOf(both),
    notes: both,
    containers: [theirs, aside],
    since: 'perhaps_others',
    verdict: 'superseded',
  },
  {
    told: 'its notes are there, and a run has the name whose clock was behind',
    claim: claimOf(both),
    notes: both,
    containers: [container('another', older), aside],
    since: 'perhaps_others',
    verdict: 'superseded',
  },
  {
    told: 'a registration is noted, and a newer run started another container',
    claim: claimOf([took]),
    notes: [took],
    containers: [theirs],
    since: 'perhaps_others',
    verdict: 'superseded',
  },
  {
    told: 'a registration is noted, and an older run started the container',
    claim: claimOf([took]),
    notes: [took],
    containers: [old],
    since: 'perhaps_others',
    verdict: 'believe 1',
  },
  {
    told: 'the run calls itself older than what it met, as its clock was behind',
    claim: claimOf([took]),
    notes: [took],
    containers: [container('old', newer, { createdAt: since - 500 })],
    since: 'perhaps_others',
    verdict: 'believe 1',
  },
  {
    told: 'a container passed its bake, by the journal, and its place is not given back',
    claim: claimOf(both, { finished: true }),
    notes: both,
    containers: [ours, aside],
    verdict: 'believe 1',
  },
  {
    told: 'one container passed its bake, by the journal, and another is still noted',
    claim: claimOf([replaced], { finished: true }),
    notes: [replaced],
    containers: [ours, aside],
    verdict: 'superseded',
  },
  {
    told: 'a container passed its bake, by the journal, and another machine began to restore it since',
    claim: claimOf(both, { finished: true }),
    notes: both,
    containers: [aside],
    since: 'perhaps_others',
    verdict: 'believe 1 3',
  },
  {
    told: 'a container passed its bake, by the journal, and another machine stopped it since',
    claim: claimOf(both, { finished: true }),
    notes: both,
    containers: [{ ...ours, running: false }, aside],
    since: 'perhaps_others',
    verdict: 'believe 1 3',
  },
  {
    told: 'two containers passed their bake, by the journal, and one of them is not there any more',
    claim: claimOf([replaced, second], { finished: true }),
    notes: [replaced, second],
    containers: [ours, aside],
    since: 'perhaps_others',
    verdict: 'believe 3 4',
  },
  {
    told: 'without a journal, a healthy place that the run gave',
    claim: claimOf([gave], { journaled: false }),
    notes: [gave],
    containers: [ours],
    state: target(place),
    verdict: 'superseded',
  },
  {
    told: 'without a journal, a place that the run gave and that is not healthy',
    claim: claimOf([gave], { journaled: false }),
    notes: [gave],
    containers: [ours],
    state: target(place, 'unhealthy'),
    verdict: 'believe 2',
  },
  {
    told: 'by its journal, a healthy place that the run gave',
    claim: claimOf([gave]),
    notes: [gave],
    containers: [ours],
    state: target(place),
    verdict: 'believe 2',
  },
  {
    told: 'no note, and the host is as it was',
    claim: claimOf(both),
    containers: [old],
    state: target(place),
    verdict: 'returned',
  },
  {
    told: 'no note, as it was, and others had the lease',
    claim: claimOf(both),
    containers: [old],
    state: target(place),
    since: 'perhaps_others',
    verdict: 'returned',
  },
  {
    told: 'no note, and nobody came since',
    claim: claimOf(both),
    containers: [aside],
    verdict: 'believe 1 3',
  },
  {
    told: 'no note, the new container out of service, and nobody came since',
    claim: claimOf(both),
    containers: [ours, aside],
    verdict: 'believe 1 3',
  },
  {
    told: 'no note, and in service with the new container',
    claim: claimOf(both),
    containers: [ours, aside],
    state: target(place),
    verdict: 'superseded',
  },
  {
    told: 'no note, a worker with the new container',
    claim: claimOf([replaced]),
    containers: [ours, aside],
    verdict: 'believe 3',
  },
  {
    told: 'no note, a worker that others left with the new container',
    claim: claimOf([replaced]),
    containers: [ours, aside],
    since: 'perhaps_others',
    verdict: 'superseded',
  },
  {
    told: 'no note, and others had the lease',
    claim: claimOf(both),
    containers: [aside],
    since: 'perhaps_others',
    verdict: 'ask',
  },
  {
    told: 'no note, taken out of service, and others had the lease',
    claim: claimOf([took]),
    containers: [old],
    since: 'perhaps_others',
    verdict: 'ask',
  },
  {
    told: 'no note, and a newer run has the name',
    claim: claimOf(both),
    containers: [theirs],
    state: target(place),
    since: 'perhaps_others',
    verdict: 'superseded',
  },
  { told: 'no answer, and nobody came since', claim: claimOf([took]), unseen: true, verdict: 'believe 1' },
  {
    told: 'no answer, and others had the lease',
    claim: claimOf([took]),
    unseen: true,
    since: 'perhaps_others',
    verdict: 'ask',
  },
];

function judge({
  claim,
  notes = [],
  containers = [],
  unseen,
  state = gone(place),
  since: who = 'nobody',
}: Row) {
  const verdict = judgeClaim(claim, {
    ...(unseen === true ? {} : { host: { notes, containers } }),
    registrations: [state],
    since: who,
  });
  return verdict.judge === 'believe'
    ? ['believe', ...verdict.holds.map(({ id }) => id)].join(' ')
    : verdict.judge;
}

describe('what is claimed of a host', () => {
  it.each(rows)('$told: $verdict', (row) => {
    expect(judge(row)).toBe(row.verdict);
  });

  const claims = fc.record({
    holds: fc.subarray<Hold>([took, replaced], { minLength: 1 }),
    journaled: fc.boolean(),
    finished: fc.boolean(),
  });
  const worlds = fc.record({
    containers: fc.subarray([aside, ours, theirs, container('by hand', undefined)]),
    isOld: fc.boolean(),
    noted: fc.subarray(['1', '3']),
    state: fc.constantFrom(target(place), target(place, 'unhealthy'), target(place, 'draining'), gone(place)),
    who: fc.constantFrom<Evidence['since']>('nobody', 'perhaps_others'),
    unseen: fc.boolean(),
  });
  const checked = (
    assert: (claim: Claim, evidence: Evidence, judged: ReturnType<typeof judgeClaim>) => void,
  ) =>
    fc.assert(
      fc.property(claims, worlds, ({ holds, ...given }, { containers, isOld, noted, state, who, unseen }) => {
        const claim = claimOf(holds, given);
        const notes = holds.filter(({ id }) => noted.includes(id));
        const there = isOld ? [old, ...containers.filter(({ id }) => id === 'new')] : containers;
        const evidence: Evidence = {
          ...(unseen ? {} : { host: { notes, containers: there } }),
          registrations: [state],
          since: who,
        };
        assert(claim, evidence, judgeClaim(claim, evidence));
      }),
      { numRuns: breadth(250, 2_000) },
    );

  it('is acted on only where a note is there or no other run came, and never over a container of a newer run', () => {
    checked((_claim, { host: seen, since: who }, verdict) => {
      if (verdict.judge !== 'believe') return;
      expect(who === 'nobody' || (seen?.notes.length ?? 0) > 0).toBe(true);
      expect(seen?.containers.some(({ id, name }) => name === 'api' && id === theirs.id) ?? false).toBe(
        false,
      );
    });
  });

  it('is as it was only where restoring has nothing to do', () => {
    checked(({ holds }, { host: seen, registrations }, verdict) => {
      if (verdict.judge !== 'returned') return;
      const steps = planRestore(holds, { containers: seen?.containers, registrations });
      expect(steps.filter((step) => step.do !== 'prove_health')).toEqual([]);
    });
  });

  it('is out of date only where a container of this run or of a newer one stands, or the journal says so and no container is noted', () => {
    checked(({ finished, holds }, { host: seen }, verdict) => {
      if (verdict.judge !== 'superseded') return;
      const isNoted = (seen?.notes.length ?? 0) > 0 && holds.some(({ kind }) => kind === 'container');
      expect(
        (finished && !isNoted) || seen?.containers.some(({ id }) => id === ours.id || id === theirs.id),
      ).toBe(true);
    });
  });

  it('of a host that does not answer is never settled', () => {
    checked((_claim, { host: seen }, { judge: judged }) => {
      if (seen === undefined) expect(['believe', 'ask']).toContain(judged);
    });
  });
});

describe('notes that outlived their run', () => {
  const at = 5_000;

  it('are those of holds that the journal has settled after they were written', () => {
    const settled = new Map([[took.id, { hold: took, at }]]);
    expect(outlivedNotes([{ hold: took, at: at - 1 }], settled)).toEqual([took]);
    expect(outlivedNotes([{ hold: took, at: at + 1 }], settled)).toEqual([]);
    expect(outlivedNotes([{ hold: replaced, at: at - 1 }], settled)).toEqual([]);
  });

  it('are not those that another machine wrote under the same number', () => {
    const settled = new Map([
      [took.id, { hold: { ...took, registration: makeRegistration('h1', 'tg', 1) }, at }],
    ]);
    expect(outlivedNotes([{ hold: took, at: at - 1 }], settled)).toEqual([]);
  });
});

describe('target groups that only the holds of containers tell of', () => {
  const told: ContainerHold = { ...replaced, targetGroups: [targetGroupNameOf(place), 'other'] };

  it('are those that no hold of a registration is about', () => {
    expect(unnotedTargetGroups([took, told])).toEqual(['other']);
    expect(unnotedTargetGroups([gave, told])).toEqual(['other']);
    expect(unnotedTargetGroups([told, second])).toEqual([targetGroupNameOf(place), 'other']);
  });

  it('are none where nothing ran: the host need not have been registered', () => {
    const { previous: _previous, ...first } = told;
    expect(unnotedTargetGroups([first])).toEqual([]);
  });
});
