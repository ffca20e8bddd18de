import { describe, expect, it } from 'vitest';
import { countingSleep, systemClock } from '../../src/system/clock.js';

/** Node's clock, and the one since boot, which goes on while the machine is suspended. */
function machine() {
  let awake = 0;
  let boot = 100_000;
  return {
    elapsed: countingSleep(
      () => awake,
      () => boot,
    ),
    runs: (duration: number): void => {
      awake += duration;
      boot += duration;
    },
    sleeps: (duration: number): void => {
      boot += duration;
    },
  };
}

describe('the time that elapsed', () => {
  it('counts what the machine was suspended for, so that a lease runs out meanwhile', () => {
    const { elapsed, runs, sleeps } = machine();
    const begun = elapsed();
    runs(5_000);
    sleeps(60_000);
    expect(elapsed() - begun).toBe(65_000);
    runs(1_000);
    sleeps(30_000);
    expect(elapsed() - begun).toBe(96_000);
  });

  it('does not take two clocks that are read one after the other for sleep', () => {
    const { elapsed, runs, sleeps } = machine();
    const begun = elapsed();
    sleeps(60);
    runs(10);
    expect(elapsed() - begun).toBe(10);
    sleeps(-60);
    expect(elapsed() - begun).toBe(10);
  });

  it('goes forward as Node says while the machine is awake', () => {
    const before = performance.now();
    const from = systemClock.elapsed();
    const to = systemClock.elapsed();
    expect(to).toBeGreaterThanOrEqual(from);
    expect(to - from).toBeLessThanOrEqual(performance.now() - before);
  });
});
