import { describe, expect, it } from 'vitest';
import { withDeadline } from '../../src/engine/task/deadline.js';
import { FakeClock } from '../fakes/fake-clock.js';

const over = (): Error => new Error('the time is over');

describe('a deadline', () => {
  it('lets through what its act throws in time', async () => {
    const clock = new FakeClock();
    const act = () => Promise.reject(new Error('refused'));
    const { signal } = new AbortController();
    await expect(clock.run(withDeadline(clock, 1_000, signal, over, act))).rejects.toThrow('refused');
  });

  it('tells that the time is over, whatever its act throws then', async () => {
    const clock = new FakeClock();
    const act = async () => {
      await clock.sleep(2_000);
      throw new Error('refused');
    };
    const { signal } = new AbortController();
    await expect(clock.run(withDeadline(clock, 1_000, signal, over, act))).rejects.toThrow(
      'the time is over',
    );
  });

  it('tells why it was aborted, whatever its act throws then', async () => {
    const clock = new FakeClock();
    const parent = new AbortController();
    parent.abort(new Error('a signal'));
    const act = () => Promise.reject(new Error('refused'));
    await expect(clock.run(withDeadline(clock, 1_000, parent.signal, over, act))).rejects.toThrow('a signal');
  });
});
