import { parseAnswer, recordText, type HostAnswer } from '../../src/state/host-lease-answer.js';
import {
  begin,
  ending,
  extension,
  hear,
  hearExtension,
  hearRenewal,
  questionOf,
  renewal,
  type Asking,
  type LeaseQuestion,
  type LeaseTerms,
  type LeaseWish,
} from '../../src/state/lease-machine.js';
import { majorityQuorum, recordNumber } from '../../src/state/lease-rules.js';
import { answerOf, noPart, type HostPart, type HostQuestion } from '../fakes/model-lease-host.js';

/** How much may happen on the way. Each bound keeps the number of states finite. */
export interface Bounds {
  readonly runs: number;
  /** Ids of the group's hosts before it grows, and after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** An earlier run had the lease of the first hosts, and released it: else it is the first of the group. */
  readonly hadBefore: boolean;
  /** The first run is of a project that keeps the lease elsewhere: it notes that on the hosts. */
  readonly moving: boolean;
  /** A host that may answer at any later time, or never. */
  readonly hanging: string | undefined;
  /** Questions that do not reach their host, or whose answer is lost. */
  readonly losses: number;
  readonly crashes: number;
  /** How often a run is too slow for its own lease. */
  readonly lapses: number;
  /** How often each run renews, extends and takes back its lease. */
  readonly renewals: number;
  readonly extensions: number;
  readonly regains: number;
}

interface Letter {
  readonly host: string;
  readonly question: HostQuestion;
  readonly round: number;
}

type Doing =
  | { readonly is: 'idle' }
  | { readonly is: 'acquiring'; readonly state: Asking; readonly wish: Omit<LeaseWish, 'gone' | 'leftOut'> }
  | { readonly is: 'holding' | 'renewing' | 'extending' | 'ending'; readonly terms: LeaseTerms }
  | { readonly is: 'over' | 'dead' };

/** One run. Its rounds of questions are numbered. */
interface RunState {
  readonly doing: Doing;
  readonly round: number;
  /** The round that its deadline counts from; 0: it holds nothing. */
  readonly basis: number;
  /** All that was given in this round, or before, may have run out, and the run knows. */
  readonly lapsed: number;
  readonly letters: readonly Letter[];
  readonly heard: readonly HostAnswer[];
  readonly renewals: number;
  readonly extensions: number;
  readonly regains: number;
  /** The newest epoch under which it really held it. */
  readonly heldUnder: number;
}

interface World {
  readonly hosts: Readonly<Record<string, HostPart>>;
  readonly runs: readonly RunState[];
  readonly grown: boolean;
  /** A run noted on the hosts that the lease is kept elsewhere, and knows that it did. */
  readonly moved: boolean;
  readonly losses: number;
  readonly crashes: number;
  readonly lapses: number;
}

/** Values that are equal become the same object, which has a number: worlds are compared by these. */
class Interned<T extends object> {
  readonly #byText = new Map<string, T>();
  readonly #numbers = new WeakMap<T, number>();

  of(value: T): T {
    if (this.#numbers.has(value)) return value;
    const text = JSON.stringify(value);
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    this.#byText.set(text, value);
    this.#numbers.set(value, this.#byText.size);
    return value;
  }

  numberOf(value: T): number {
    return this.#numbers.get(this.of(value)) ?? 0;
  }
}

const parts = new Interned<HostPart>();
const answers = new Interned<HostAnswer>();
const questions = new Interned<HostQuestion>();
const doings = new Interned<Doing>();

const nameOf = (run: number): string => `run-${run}`;

const idle: RunState = {
  doing: { is: 'idle' },
  round: 0,
  basis: 0,
  lapsed: 0,
  letters: [],
  heard: [],
  renewals: 0,
  extensions: 0,
  regains: 0,
  heldUnder: 0,
};

const releasedPart = (members: readonly string[]): HostPart => ({
  lock: { epoch: 1, owner: undefined, by: 'run-before', since: 0, until: 0, seconds: 0 },
  record: { number: recordNumber(1, 2), lists: JSON.stringify([majorityQuorum(members)]) },
  fence: { epoch: 1, run: 'run-before' },
});

const firstWorld = ({ runs, before, after, hadBefore }: Bounds): World => ({
  hosts: Object.fromEntries(
    after.map((id) => [id, parts.of(hadBefore && before.includes(id) ? releasedPart(before) : noPart)]),
  ),
  runs: Array.from({ length: runs }, () => idle),
  grown: false,
  moved: false,
  losses: 0,
  crashes: 0,
  lapses: 0,
});

const isHolder = ({ doing, basis, lapsed }: RunState): boolean => doing.is !== 'dead' && basis > lapsed;

const holdersIn = ({ runs }: World): readonly number[] =>
  runs.flatMap((run, index) => (isHolder(run) ? [index] : []));

/** Every world that may come next, each with what happened. */
function* nextWorlds(world: World, bounds: Bounds): Generator<readonly [what: string, world: World]> {
  if (!world.grown && bounds.after.length > bounds.before.length)
    yield ['the group grows', { ...world, grown: true }];
  for (const [id, part] of Object.entries(world.hosts)) {
    if (mayRunOut(part, world)) yield [`${id} runs out`, withHost(world, id, ranOut(part))];
  }
  for (let index = 0; index < world.runs.length; index += 1) yield* stepsOf(index, world, bounds);
}

/** A lock notes the round that wrote it in place of a time. */
const roundOf = ({ lock }: HostPart): number => (lock?.until ?? 1) - 1;

function mayRunOut(part: HostPart, { runs }: World): boolean {
  const { lock } = part;
  if (lock?.owner === undefined || lock.until === 0) return false;
  const owner = runs[Number(lock.by.slice('run-'.length))];
  return owner !== undefined && (owner.doing.is === 'dead' || roundOf(part) <= owner.lapsed);
}

const ranOut = (part: HostPart): HostPart =>
  parts.of(part.lock === undefined ? part : { ...part, lock: { ...part.lock, until: 0, seconds: 0 } });

const withHost = (world: World, id: string, part: HostPart): World => ({
  ...world,
  hosts: { ...world.hosts, [id]: part },
});

function withRun(world: World, index: number, change: Partial<RunState>): World {
  const before = world.runs[index] ?? idle;
  const after = { ...before, ...change, doing: doings.of(change.doing ?? before.doing) };
  const heldUnder = isHolder(after) && 'terms' in after.doing ? after.doing.terms.epoch : before.heldUnder;
  return { ...world, runs: world.runs.with(index, { ...after, heldUnder }) };
}

function* stepsOf(index: number, world: World, bounds: Bounds): Generator<readonly [string, World]> {
  const run = world.runs[index] ?? idle;
  const { doing } = run;
  const name = nameOf(index);
  // What a dead run asked may still arrive.
  for (const letter of run.letters) yield* deliveries(index, letter, world, bounds);
  if (doing.is === 'dead' || doing.is === 'over') return;
  if (doing.is !== 'idle' && world.crashes < bounds.crashes) {
    const crashed = withRun(world, index, { doing: { is: 'dead' }, basis: 0, heard: [] });
    yield [`${name} dies`, { ...crashed, crashes: world.crashes + 1 }];
  }
  if (doing.is !== 'idle' && world.lapses < bounds.lapses) {
    // Its deadline passes; in the middle of a round also the one that this round would give it.
    for (const lapsed of new Set([run.basis, run.round])) {
      if (lapsed <= run.lapsed) continue;
      const late = withRun(world, index, { lapsed });
      yield [`${name} is too slow`, { ...late, lapses: world.lapses + 1 }];
    }
  }
  if (doing.is === 'idle') yield* starts(index, world, bounds, undefined);
  else if (doing.is === 'holding') yield* holderSteps(index, doing.terms, world, bounds);
  else if (isRoundOver(run, bounds)) yield [`${name} hears`, afterRound(index, world)];
}

/** Hosts that do not hang have answered, or never will. */
const isRoundOver = ({ letters, round }: RunState, { hanging }: Bounds): boolean =>
  letters.every((letter) => letter.round < round || letter.host === hanging);

function* deliveries(
  index: number,
  letter: Letter,
  world: World,
  bounds: Bounds,
): Generator<readonly [string, World]> {
  const run = world.runs[index] ?? idle;
  const letters = run.letters.filter((one) => one !== letter);
  const { host, round, question } = letter;
  const what = `${nameOf(index)} asks ${host} to ${question.action} ${question.epoch}`;
  const [part, answer] = answerFrom(host, world.hosts[host] ?? noPart, letter.question);
  const reached = withHost(world, host, part);
  const isCurrent = round === run.round && run.doing.is !== 'dead';
  const heard = isCurrent ? [...run.heard, answer].toSorted(byHost) : run.heard;
  yield [what, withRun(reached, index, { letters, heard })];
  if (!isCurrent || world.losses >= bounds.losses) return;
  const losses = world.losses + 1;
  if (part !== world.hosts[host]) {
    yield [`${what}, the answer is lost`, { ...withRun(reached, index, { letters }), losses }];
  }
  yield [`${what}, in vain`, { ...withRun(world, index, { letters }), losses }];
}

const byHost = (one: { readonly host: string }, other: { readonly host: string }): number =>
  one.host < other.host ? -1 : 1;

const answered = new Map<string, readonly [HostPart, HostAnswer]>();

/** What a host does with a question, worked out once. */
function answerFrom(
  host: string,
  before: HostPart,
  question: HostQuestion,
): readonly [part: HostPart, answer: HostAnswer] {
  const key = `${host} ${parts.numberOf(before)} ${questions.numberOf(question)}`;
  const known = answered.get(key);
  if (known !== undefined) return known;
  const moment = { now: 0, lives: (before.lock?.until ?? 0) > 0 };
  const [part, said] = answerOf(before, question, moment);
  const worked = [parts.of(part), answers.of({ host, ...parseAnswer(said) })] as const;
  answered.set(key, worked);
  return worked;
}

const toHost = (index: number, question: LeaseQuestion, round: number): HostQuestion =>
  questions.of({
    action: question.action,
    epoch: question.epoch,
    owner: JSON.stringify({ run: nameOf(index), who: 'explored' }),
    run: nameOf(index),
    record: {
      number: question.record?.number ?? 0,
      lists: question.record === undefined ? '' : recordText(question.record),
    },
    seconds: round,
  });

/** A run may see the list of the group as it was. */
function* starts(
  index: number,
  world: World,
  { before, after, moving }: Bounds,
  since: number | undefined,
): Generator<readonly [string, World]> {
  for (const members of world.grown ? [before, after] : [before]) {
    const moved = moving && index === 0 ? { to: 'elsewhere', run: nameOf(index) } : undefined;
    const wish = { run: nameOf(index), members, moved, ...(since === undefined ? {} : { since }) };
    const doing: Doing = { is: 'acquiring', state: begin, wish };
    const what = `${nameOf(index)} wants it of ${members.length}${since === undefined ? '' : ' again'}`;
    yield [what, ask(world, index, doing, questionOf(begin, wishOf(wish)))];
  }
}

const wishOf = (wish: Omit<LeaseWish, 'gone' | 'leftOut'>): LeaseWish => ({
  ...wish,
  gone: new Set(),
  leftOut: new Set(),
});

function ask(world: World, index: number, doing: Doing, question: LeaseQuestion): World {
  const run = world.runs[index] ?? idle;
  const round = run.round + 1;
  const asked = toHost(index, question, round);
  const letters = [...run.letters, ...question.hosts.map((host) => ({ host, question: asked, round }))];
  return withRun(world, index, { doing, round, letters, heard: [] });
}

function* holderSteps(
  index: number,
  terms: LeaseTerms,
  world: World,
  bounds: Bounds,
): Generator<readonly [string, World]> {
  const run = world.runs[index] ?? idle;
  const name = nameOf(index);
  if (isHolder(run)) {
    if (run.renewals < bounds.renewals) {
      const renewing = withRun(world, index, { renewals: run.renewals + 1 });
      yield [`${name} renews`, ask(renewing, index, { is: 'renewing', terms }, renewal(terms))];
    }
    if (world.grown && run.extensions < bounds.extensions) {
      const extending = withRun(world, index, { extensions: run.extensions + 1 });
      const question = extension(terms, bounds.after);
      yield [`${name} extends`, ask(extending, index, { is: 'extending', terms }, question)];
    }
  } else if (run.regains < bounds.regains) {
    yield* starts(index, withRun(world, index, { regains: run.regains + 1 }), bounds, terms.epoch);
  }
  const ended = withRun(world, index, { basis: 0 });
  yield [`${name} releases`, ask(ended, index, { is: 'ending', terms }, ending(terms))];
}

/** Thrown where a run took its lease back though another had it in between. */
class BrokenRegain extends Error {}

function afterRound(index: number, world: World): World {
  const run = world.runs[index] ?? idle;
  const { doing, heard, round, letters } = run;
  const answers = [
    ...heard,
    ...letters
      .filter((letter) => letter.round === round)
      .map(({ host }): HostAnswer => ({ host, kind: 'failed', reason: 'no answer in time' })),
  ];
  const basis = round;
  switch (doing.is) {
    case 'acquiring': {
      const next = hear(doing.state, wishOf(doing.wish), answers);
      if (next.stage === 'refused') return withRun(world, index, { doing: { is: 'over' }, basis: 0 });
      if (next.stage !== 'held') {
        return ask(world, index, { ...doing, state: next }, questionOf(next, wishOf(doing.wish)));
      }
      const { since = Infinity } = doing.wish;
      if (world.runs.some((other, at) => at !== index && other.heldUnder >= since)) {
        throw new BrokenRegain(`${nameOf(index)} took back what another run had`);
      }
      const holding = withRun(world, index, { doing: { is: 'holding', terms: next.terms }, basis });
      return next.terms.moved === undefined ? holding : { ...holding, moved: true };
    }
    case 'renewing': {
      const outcome = hearRenewal(doing.terms, answers);
      const after = { doing: { is: 'holding', terms: doing.terms } } as const;
      // Lost: it stops at once. Unsure: it goes on to its old deadline.
      if (outcome === 'unsure') return withRun(world, index, after);
      return withRun(world, index, { ...after, basis: outcome === 'kept' ? basis : 0 });
    }
    case 'extending': {
      const members = Object.keys(world.hosts);
      const { terms, refusal } = hearExtension(doing.terms, { run: nameOf(index), members }, answers);
      const after = { doing: { is: 'holding', terms } } as const;
      return withRun(world, index, refusal === undefined ? { ...after, basis } : after);
    }
    default:
      return withRun(world, index, { doing: { is: 'over' } });
  }
}

/** Whether a later run can take the lease once all others are dead, all answer and all that was given ran out. */
function canBeTaken(world: World, unreachable: string | undefined, moving = false): boolean {
  const hosts = { ...world.hosts };
  for (const [id, part] of Object.entries(hosts)) hosts[id] = ranOut(part);
  const index = world.runs.length;
  const moved = moving ? { to: 'elsewhere', run: nameOf(index) } : undefined;
  const wish = wishOf({ run: nameOf(index), members: Object.keys(hosts), moved });
  for (let state = begin, round = 1; ; round += 1) {
    const question = questionOf(state, wish);
    const answers = question.hosts.map((host): HostAnswer => {
      if (host === unreachable) return { host, kind: 'failed', reason: 'unreachable' };
      const asked = toHost(index, question, round);
      const [part, answer] = answerFrom(host, hosts[host] ?? noPart, asked);
      hosts[host] = part;
      return answer;
    });
    const next = hear(state, wish, answers);
    if (next.stage === 'held') return true;
    if (next.stage === 'refused') return false;
    state = next;
  }
}

export interface Explored {
  readonly states: number;
  /** What led to the first world in which two runs hold the lease, or from which nobody can take it; undefined when there is none. */
  readonly wrong?: { readonly what: string; readonly steps: readonly string[] };
  /** How many of them had a holder. */
  readonly held: number;
}

/** Walks through every world that can be reached within the bounds. */
export function explore(bounds: Bounds): Explored {
  const known = new Set<string>();
  const takeable = new Map<string, boolean>();
  let held = 0;
  interface Step {
    readonly world: World;
    readonly what: string;
    readonly from: Step | undefined;
  }
  const pathTo = (step: Step | undefined): readonly string[] =>
    step === undefined ? [] : [...pathTo(step.from), step.what];
  const stack: Step[] = [{ world: firstWorld(bounds), what: 'nothing yet', from: undefined }];
  const wrong = (what: string, step: Step): Explored => ({
    states: known.size,
    wrong: { what, steps: pathTo(step) },
    held,
  });
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    const { world } = step;
    const holders = holdersIn(world);
    if (holders.length > 0) held += 1;
    if (holders.length > 1) return wrong('two runs hold it', step);
    if (world.moved && holders.some((index) => index > 0)) return wrong('a run holds what was moved', step);
    const hosts = hostsKey(world);
    const isTakeable = takeable.get(hosts) ?? canBeTaken(world, undefined, bounds.moving);
    takeable.set(hosts, isTakeable);
    if (!isTakeable) return wrong('nobody can take it any more', step);
    try {
      for (const [what, next] of nextWorlds(world, bounds)) {
        const key = keyOf(next, bounds);
        if (known.has(key)) continue;
        known.add(key);
        stack.push({ world: next, what, from: step });
      }
    } catch (error) {
      if (!(error instanceof BrokenRegain)) throw error;
      return wrong(error.message, step);
    }
  }
  return { states: known.size, held };
}

const hostsKey = ({ hosts }: World): string =>
  Object.values(hosts)
    .map((part) => parts.numberOf(part))
    .join(' ');

/**
 * Two worlds with one key have the same future. Hosts that differ in their names only may be swapped: they are members of the same lists, so
 * all that is known of each is written as one column, and the columns are sorted.
 */
function keyOf(world: World, { before, hanging }: Bounds): string {
  const { runs, grown, moved, losses, crashes, lapses } = world;
  const columns = Object.entries(world.hosts).map(([id, part]) => {
    const kind = `${before.includes(id) ? 'old' : 'new'}${id === hanging ? ' hanging' : ''}`;
    const ofRuns = runs.map((run) => columnOf(id, run));
    return [kind, parts.numberOf(part), ...ofRuns].join(' ');
  });
  const ofRuns = runs.map(({ doing, round, basis, lapsed, renewals, extensions, regains, heldUnder }) =>
    [
      doings.numberOf(withoutHosts(doing)),
      round,
      basis,
      lapsed,
      renewals,
      extensions,
      regains,
      heldUnder,
    ].join(),
  );
  return [...columns.toSorted(), ...ofRuns, grown, moved, losses, crashes, lapses].join('|');
}

/** What a run knows of a host, and has asked it. */
function columnOf(id: string, { letters, heard, doing }: RunState): string {
  const asked = letters
    .filter(({ host }) => host === id)
    .map(({ round, question }) => `${round}.${questions.numberOf(question)}`);
  const said = heard
    .filter(({ host }) => host === id)
    .map((answer) => answers.numberOf({ ...answer, host: '' }));
  return `${asked.toSorted().join('+')}/${said.join('+')}/${isAskedNext(id, doing) ? 'next' : ''}`;
}

const isAskedNext = (id: string, doing: Doing): boolean =>
  doing.is === 'acquiring' &&
  ((doing.state.stage === 'taking' && doing.state.free.includes(id)) ||
    (doing.state.stage === 'giving_back' && doing.state.hosts.includes(id)));

/** Why an attempt is refused does not change what comes. */
function withoutHosts(doing: Doing): Doing {
  if (doing.is !== 'acquiring') return doing;
  const { state } = doing;
  if (state.stage === 'taking') return { ...doing, state: { ...state, free: [] } };
  if (state.stage !== 'giving_back') return doing;
  return { ...doing, state: { ...state, hosts: [], refusal: { why: 'had_since', run: 'any' } } };
}
