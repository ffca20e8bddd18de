import type { EpochMilliseconds, Milliseconds } from '../../../src/model/duration.js';
import type { Clock } from '../../../src/ports/clock.js';
import type { FakeClock } from '../../fakes/fake-clock.js';
import type { Life } from './life.js';

/** Time as one process has it, by its machine's wall clock: who sleeps in it wakes up only while it lives. */
export class ProcessClock implements Clock {
  constructor(
    private readonly clock: FakeClock,
    private readonly life: Life,
    private readonly ahead: Milliseconds = 0,
  ) {}

  now(): EpochMilliseconds {
    return this.clock.now() + this.ahead;
  }

  elapsed(): Milliseconds {
    return this.clock.elapsed();
  }

  async sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    await this.clock.sleep(duration, signal);
    await this.life.goesOn();
  }
}
