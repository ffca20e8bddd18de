import type { CommandResult, RunOptions } from '../../src/ports/transport.js';

/** A host's part of a lease, as `hostLeaseScript` keeps it. */
export interface HostPart {
  readonly lock?: {
    readonly epoch: number;
    /** Undefined once it is released. */
    readonly owner: string | undefined;
    readonly by: string;
    /** Seconds since boot. */
    readonly since: number;
    readonly until: number;
    /** How long it lives: a host that was restarted keeps it for so long again. */
    readonly seconds: number;
  };
  readonly record: { readonly number: number; readonly lists: string };
  readonly fence: { readonly epoch: number; readonly run: string };
}

export const noPart: HostPart = { record: { number: 0, lists: '' }, fence: { epoch: 0, run: '' } };

export interface HostQuestion {
  readonly action: string;
  readonly epoch: number;
  readonly owner: string;
  readonly run: string;
  readonly record: { readonly number: number; readonly lists: string };
  readonly seconds: number;
}

interface Moment {
  /** Seconds since boot. */
  readonly now: number;
  /** Whether the lock that is there still lives. */
  readonly lives: boolean;
}

type Said = readonly [part: HostPart, answer: string];

/** What `hostLeaseScript` does on a host, in one step: the host's part after a question, and what it says. */
export function answerOf(part: HostPart, question: HostQuestion, moment: Moment): Said {
  switch (question.action) {
    case 'look':
      return [part, lookAnswer(part, moment)];
    case 'take':
      return hold(part, question, moment);
    case 'confirm': {
      const [held, said] = hold(part, question, moment);
      return said.startsWith('got') ? confirm(held, question, said) : [held, said];
    }
    case 'release':
      return [isOwn(part, question) ? released(keepRecord(part, question), question) : part, 'released'];
    case 'seize':
      return seize(part, question);
    default:
      throw new Error(`no such question: ${question.action}`);
  }
}

const newestEpoch = ({ lock, fence }: HostPart): number => Math.max(lock?.epoch ?? 0, fence.epoch);

const memoryOf = ({ lock, fence, record }: HostPart): string =>
  [
    `by ${lock?.epoch ?? 0} ${lock?.by ?? ''}`,
    `fence ${fence.epoch} ${fence.run}`,
    `record ${record.number} ${record.lists}`,
  ].join('\n');

const lookAnswer = (part: HostPart, moment: Moment): string =>
  moment.lives && part.lock !== undefined
    ? heldAnswer(part, part.lock, newestEpoch(part), moment)
    : `free ${newestEpoch(part)}\n${memoryOf(part)}`;

const heldAnswer = (
  part: HostPart,
  { since, until, owner }: NonNullable<HostPart['lock']>,
  epoch: number,
  { now }: Moment,
): string => `held ${now - since} ${until - now} ${epoch}\n${owner ?? ''}\n${memoryOf(part)}`;

const isOwn = ({ lock }: HostPart, { epoch, owner }: HostQuestion): boolean =>
  lock?.epoch === epoch && lock.owner === owner;

function hold(part: HostPart, question: HostQuestion, moment: Moment): Said {
  const { lock } = part;
  const { epoch, owner, run, seconds } = question;
  const { now, lives } = moment;
  if (lives && lock !== undefined && lock.owner !== owner) {
    return [part, heldAnswer(part, lock, lock.epoch, moment)];
  }
  if (lock !== undefined && lock.epoch >= epoch && !isOwn(part, question)) {
    return [part, `newer ${lock.epoch}`];
  }
  const since = isOwn(part, question) ? (lock?.since ?? now) : now;
  const taken = { ...part, lock: { epoch, owner, by: run, since, until: now + seconds + 1, seconds } };
  return [taken, `got ${epoch}\n${memoryOf(part)}`];
}

function confirm(part: HostPart, question: HostQuestion, said: string): Said {
  const kept = keepRecord(part, question);
  const admitted = admit(kept, question);
  return admitted === undefined ? [kept, `newer ${part.fence.epoch}`] : [admitted, said];
}

const keepRecord = (part: HostPart, { record }: HostQuestion): HostPart =>
  record.number > part.record.number ? { ...part, record } : part;

function admit(part: HostPart, { epoch, run }: Pick<HostQuestion, 'epoch' | 'run'>): HostPart | undefined {
  const { epoch: known, run: by } = part.fence;
  if (known > epoch || (known === epoch && by !== run)) return undefined;
  return { ...part, fence: { epoch, run } };
}

const released = (part: HostPart, { epoch, run }: HostQuestion): HostPart => ({
  ...part,
  lock: { epoch, owner: undefined, by: run, since: 0, until: 0, seconds: 0 },
});

function seize(part: HostPart, question: HostQuestion): Said {
  if ((part.lock?.epoch ?? 0) >= question.epoch) return [part, `newer ${part.lock?.epoch ?? 0}`];
  const seized = keepRecord(released(part, question), question);
  const admitted = admit(seized, question);
  return admitted === undefined ? [seized, `newer ${part.fence.epoch}`] : [admitted, `got ${question.epoch}`];
}

/** The part after a restart of its host: how long that took is unknown, so the lock lives for its whole duration again. */
const rebooted = ({ lock, ...part }: HostPart): HostPart =>
  lock === undefined ? part : { ...part, lock: { ...lock, since: 0, until: lock.seconds } };

/** What `hostFenceScript` does on a host. */
function fenceAnswerOf(part: HostPart, question: Pick<HostQuestion, 'epoch' | 'run'>): Said {
  const admitted = admit(part, question);
  return admitted === undefined
    ? [part, `fenced ${part.fence.epoch} ${part.fence.run}`]
    : [admitted, 'admitted'];
}

/** The question that the environment of a script asks; the action of the fence's script is ''. */
const questionIn = (env: NonNullable<RunOptions['env']>): HostQuestion => ({
  action: env['ADFPUSH_LOCK_ACTION'] ?? '',
  epoch: Number(env['ADFPUSH_LOCK_EPOCH']),
  owner: env['ADFPUSH_LOCK_OWNER'] ?? '',
  run: env['ADFPUSH_LOCK_RUN'] ?? '',
  record: {
    number: Number(env['ADFPUSH_LOCK_RECORD']),
    lists: env['ADFPUSH_LOCK_LISTS'] ?? '',
  },
  seconds: Number(env['ADFPUSH_LOCK_SECONDS']),
});

const silent: CommandResult = {
  outcome: { kind: 'exited', code: 0 },
  stdout: '',
  stderr: '',
  duration: 0,
  truncated: false,
};

/** A host that answers as the scripts of the lock and of its fence would, about one lease. */
export class ModelLeaseHost {
  constructor(private part = noPart) {}

  /** `now` in seconds since boot. `isFull`: its disk takes nothing more; a fence is then kept in memory. */
  answer(env: NonNullable<RunOptions['env']>, now: number, isFull = false): CommandResult {
    const moment = { now: Math.floor(now), lives: (this.part.lock?.until ?? 0) > Math.floor(now) };
    const question = questionIn(env);
    const [part, said] =
      question.action === '' ? fenceAnswerOf(this.part, question) : answerOf(this.part, question, moment);
    const isWritten = part.lock !== this.part.lock || part.record !== this.part.record;
    if (isFull && isWritten)
      return { ...silent, outcome: { kind: 'exited', code: 1 }, stderr: 'cannot write' };
    this.part = part;
    return { ...silent, stdout: `${said}\n` };
  }

  /** It was restarted: its seconds count from 0 again. */
  reboot(): void {
    this.part = rebooted(this.part);
  }
}
