import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  it('wakes sleepers in the order in which they are due, first come first served', async () => {
    const clock = new FakeClock();
    const woken: string[] = [];
    const sleep = async (name: string, duration: number) => {
      await clock.sleep(duration);
      woken.push(`${name} at ${clock.elapsed()}`);
    };
    void Promise.all([sleep('c', 30), sleep('a', 10), sleep('b', 10)]);
    await clock.advance(30);
    expect(woken).toEqual(['a at 10', 'b at 10', 'c at 30']);
  });

  it('rejects an aborted sleep with its reason and forgets it', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleep = clock.sleep(1_000, controller.signal);
    controller.abort(new Error('no more'));
    await expect(sleep).rejects.toThrow('no more');
    expect(clock.sleepers).toBe(0);
    await expect(clock.sleep(1, controller.signal)).rejects.toThrow('no more');
  });

  it('runs some work to its end in virtual time', async () => {
    const clock = new FakeClock();
    const work = async () => {
      for (let hour = 0; hour < 3; hour += 1) await clock.sleep(3_600_000);
      return clock.elapsed();
    };
    expect(await clock.run(work())).toBe(3 * 3_600_000);
  });

  it('says so when the work waits for something that never comes, whatever goes on in the background', async () => {
    const clock = new FakeClock();
    clock.every(1_000, () => undefined);
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow('stuck');
  });

  it('keeps the wall clock and the elapsed time in step', async () => {
    const clock = new FakeClock({ epoch: 5_000 });
    await clock.advance(1_234);
    expect([clock.now(), clock.elapsed()]).toEqual([6_234, 1_234]);
  });
});
