import type { CommandResult, RunOptions } from '../../src/ports/transport.js';

interface Lock {
  readonly epoch: number;
  readonly owner: string;
  readonly members: string;
  readonly by: string;
  readonly since: number;
  readonly until: number;
}

/** What `hostLockScript` does on a host, each question in one step: for tests of who asks. */
export class ModelLockHost {
  #lock: Lock | undefined;
  #fence = { epoch: 0, run: '' };

  /** `now` in seconds since boot. */
  answer(env: NonNullable<RunOptions['env']>, now: number): CommandResult {
    const said = this.#answer(
      {
        action: env['ADFPUSH_LOCK_ACTION'] ?? '',
        epoch: Number(env['ADFPUSH_LOCK_EPOCH']),
        owner: env['ADFPUSH_LOCK_OWNER'] ?? '',
        run: env['ADFPUSH_LOCK_RUN'] ?? '',
        members: env['ADFPUSH_LOCK_MEMBERS'] ?? '',
        seconds: Number(env['ADFPUSH_LOCK_SECONDS']),
      },
      Math.floor(now),
    );
    const outcome = { kind: 'exited', code: 0 } as const;
    return { outcome, stdout: `${said}\n`, stderr: '', duration: 0, truncated: false };
  }

  #answer(
    {
      action,
      epoch,
      owner,
      run,
      members,
      seconds,
    }: Readonly<Record<'action' | 'owner' | 'run' | 'members', string>> &
      Readonly<Record<'epoch' | 'seconds', number>>,
    now: number,
  ): string {
    const lock = this.#lock;
    const lives = lock !== undefined && lock.until > now;
    const known = Math.max(lock?.epoch ?? 0, this.#fence.epoch);
    const until = now + seconds + 1;
    const held = (of: Lock, newest: number) =>
      `held ${now - of.since} ${of.until - now} ${newest}\n${of.owner}\nmembers ${of.members}`;
    switch (action) {
      case 'look':
        return [
          lives ? held(lock, known) : `free ${known}\nmembers ${lock?.members ?? ''}`,
          `by ${lock?.epoch ?? 0} ${lock?.by ?? ''}`,
          `fence ${this.#fence.epoch} ${this.#fence.run}`,
        ].join('\n');
      case 'take':
        if (lives && lock.owner !== owner) return held(lock, lock.epoch);
        if (lives && lock.epoch === epoch) {
          this.#lock = { ...lock, members, until };
          return `got ${epoch}`;
        }
        if ((lock?.epoch ?? 0) >= epoch) return `newer ${lock?.epoch ?? 0}`;
        this.#lock = { epoch, owner, members, by: run, since: now, until };
        return `got ${epoch}`;
      case 'renew':
      case 'confirm':
        if (lock?.epoch !== epoch || lock.owner !== owner) return 'lost';
        this.#lock = { ...lock, members, until };
        if (action === 'confirm' && !this.#admit(epoch, run)) return 'lost';
        return `got ${epoch}`;
      case 'release':
        if (lock?.epoch === epoch && lock.owner === owner) {
          this.#lock = { ...lock, owner: '{}', members, since: 0, until: 0 };
        }
        return 'released';
      case 'seize':
        if ((lock?.epoch ?? 0) >= epoch || !this.#admit(epoch, run)) return `newer ${known}`;
        this.#lock = { epoch, owner: '{}', members, by: run, since: 0, until: 0 };
        return `got ${epoch}`;
      default:
        throw new Error(`no such question: ${action}`);
    }
  }

  #admit(epoch: number, run: string): boolean {
    const { epoch: known, run: by } = this.#fence;
    if (known > epoch || (known === epoch && by !== run)) return false;
    this.#fence = { epoch, run };
    return true;
  }
}
