import { describe, expect, it } from 'vitest';
import { readBecomePassword, takeBecomePassword } from '../../src/cli/become-password.js';
import { Secret } from '../../src/model/secret.js';
import { errorsFromAsync } from '../config/error-text.js';

const nobody = { ask: async () => undefined };
const person = { ask: async () => new Secret('typed') };

describe('the password for become', () => {
  it('is taken out of the environment, so that no child finds it there', () => {
    const environment = { ADFPUSH_BECOME_PASS: 'given', PATH: '/bin' };

    expect(takeBecomePassword(environment)?.reveal()).toBe('given');
    expect(environment).toEqual({ PATH: '/bin' });
    expect(takeBecomePassword(environment)).toBeUndefined();
  });

  it('is asked for only when the flag says so and the environment does not give it', async () => {
    const answers = await Promise.all([
      readBecomePassword(undefined, false, person),
      readBecomePassword(undefined, true, person),
      readBecomePassword(new Secret('given'), true, person),
      readBecomePassword(new Secret('given'), false, nobody),
    ]);

    expect(answers.map((answer) => answer?.reveal())).toEqual([undefined, 'typed', 'given', 'given']);
  });

  it('that nobody gives is refused, with the way for a build job', async () => {
    const [error] = await errorsFromAsync(() => readBecomePassword(undefined, true, nobody));

    expect(error?.code).toBe('cli.nobody_to_ask');
    expect(error?.hint).toContain('ADFPUSH_BECOME_PASS');
  });

  it('that sudo would read in part is refused, without showing it', async () => {
    const [error] = await errorsFromAsync(() => readBecomePassword(new Secret('a b\n'), false, nobody));

    expect(error?.code).toBe('cli.become_password');
    expect(error?.message).not.toContain('a b');
  });
});
