import { afterEach, describe, expect, it } from 'vitest';
import { Redaction } from '../../src/events/redaction.js';
import { Secret } from '../../src/model/secret.js';
import { becomeVariable } from '../../src/system/secret-environment.js';
import { becomePassword } from '../../src/world/become-password.js';
import { errorsFromAsync } from '../stages/error-text.js';

const person = { ask: async () => new Secret('typed-by-hand') };
const nobody = { ask: async () => undefined };

const givenTo = async (password: ReturnType<typeof becomePassword>): Promise<string | undefined> => {
  const offer = await (await password)?.offerFor('a-host');
  return typeof offer === 'object' ? offer.secret.reveal() : offer;
};

describe('the password for become', () => {
  afterEach(() => Reflect.deleteProperty(process.env, becomeVariable));

  it('is asked for only when the flag says so, and hidden from then on', async () => {
    const redaction = new Redaction();

    expect(await becomePassword(false, person, redaction)).toBeUndefined();
    expect(redaction.redactText('typed-by-hand')).toBe('typed-by-hand');
    expect(await givenTo(becomePassword(true, person, redaction))).toBe('typed-by-hand');
    expect(redaction.redactText('typed-by-hand')).toBe('***');
  });

  it.each([undefined, nobody])(
    'that nobody gives is refused, with the way for a build job',
    async (prompt) => {
      const [error] = await errorsFromAsync(() => becomePassword(true, prompt, new Redaction()));

      expect(error?.code).toBe('cli.nobody_to_ask');
      expect(error?.hint).toContain(becomeVariable);
    },
  );

  it('that sudo would read in part is refused, without showing it', async () => {
    const redaction = new Redaction();
    const broken = { ask: async () => new Secret('first\nsecond') };
    const [error] = await errorsFromAsync(() => becomePassword(true, broken, redaction));

    expect(error?.code).toBe('cli.become_password');
    expect(error?.message).not.toContain('first');
  });

  // The last, since what was taken is remembered.
  it('is taken out of the environment, which wins over a question', async () => {
    process.env[becomeVariable] = 'from-a-build';

    expect(await givenTo(becomePassword(true, nobody, new Redaction()))).toBe('from-a-build');
    expect(process.env[becomeVariable]).toBeUndefined();
  });
});
