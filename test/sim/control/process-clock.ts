import type { EpochMilliseconds, Milliseconds } from '../../../src/model/duration.js';
import type { Clock } from '../../../src/ports/clock.js';
import type { FakeClock } from '../../fakes/fake-clock.js';
import type { Life } from './life.js';

/** Time as one process has it: who sleeps in it wakes up only while it lives. */
export class ProcessClock implements Clock {
  constructor(
    private readonly clock: FakeClock,
    private readonly life: Life,
  ) {}

  now(): EpochMilliseconds {
    return this.clock.now();
  }

  elapsed(): Milliseconds {
    return this.clock.elapsed();
  }

  async sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    await this.clock.sleep(duration, signal);
    await this.life.goesOn();
  }
}
