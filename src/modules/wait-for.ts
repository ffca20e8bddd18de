import { z } from 'zod';
import { moduleFailed } from '../errors/module-scripts.js';
import { defined } from '../model/defined.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import { durationAtLeast, durationSchema, positiveDurationSchema } from '../model/schema/duration.js';
import { portSchema } from '../model/schema/number.js';
import { patternSchema } from '../model/schema/pattern.js';
import { UnknownValue } from '../model/unknown.js';
import { pathSchema } from './file-keys.js';
import type { ModuleHost, ModuleResult, ReadingModule } from './module.js';
import { fileSearch, looker, type Look } from './wait-for-look.js';

const schema = z
  .strictObject({
    port: portSchema.optional().describe('A port, which is connected to from the host.'),
    host: z
      .string()
      .regex(/^[A-Za-z0-9._:%-]+$/, 'must be a name or an address')
      .regex(/^[^-]/, 'must be a name or an address')
      .default('127.0.0.1')
      .describe('Whose port it is, as the host of the task names it.'),
    path: pathSchema.optional().describe('A file of the host, instead of a port.'),
    search_regex: patternSchema()
      .optional()
      .describe('A line of the file that this matches, or what the port says first.'),
    state: z
      .enum(['started', 'present', 'stopped', 'absent'])
      .default('started')
      .describe(
        '`started` and `present`: the port is open, the file is there and fits `search_regex`; `stopped` and `absent`: it is not.',
      ),
    timeout: positiveDurationSchema
      .default(300_000)
      .describe('After which the task has failed; without `port` and `path`, how long is waited.'),
    delay: durationSchema.default(0).describe('How long nothing is looked at in the beginning.'),
    sleep: durationAtLeast(100).default(1_000).describe('The pause between two looks.'),
    connect_timeout: positiveDurationSchema.default(5_000).describe('How long one connection may take.'),
    msg: z.string().optional().describe('What is said instead when it does not come in time.'),
  })
  .refine(({ port, path }) => port === undefined || path === undefined, {
    message: 'write port or path, and not both',
    path: ['path'],
  })
  .refine(({ search_regex: pattern, port, path }) => pattern === undefined || (port ?? path) !== undefined, {
    message: 'goes with path or port',
    path: ['search_regex'],
  })
  .refine(
    ({ search_regex: pattern, state }) => pattern === undefined || state === 'started' || state === 'present',
    { message: 'goes with state: started or present', path: ['search_regex'] },
  );
export type WaitForArgs = z.infer<typeof schema>;

/** Waits until a port is open or closed, a file is there or gone, or a line is in a file. */
export const waitFor: ReadingModule<WaitForArgs> = {
  name: 'wait_for',
  docs: {
    summary: 'Waits on a host for a port to open or close, a file to come or go, or a line to be in a file.',
    examples: [
      `- name: the application takes connections
  wait_for: { port: 8080, delay: 2s, timeout: 1m }`,
      `- name: the application says so
  wait_for: { path: /var/log/app/app.log, search_regex: 'ready in (\\d+) ms' }
  register: ready`,
      `- wait_for: { path: /run/app.lock, state: absent }`,
    ],
  },
  looksAtHost: true,
  schema,

  async read(args, host) {
    const { port, path, delay, timeout } = args;
    if (host.checkMode) {
      const message = `would wait for ${whatOf(args)}`;
      const later = new UnknownValue('how long it takes');
      return { changed: false, message, values: { ...asked(args), elapsed: later, match_groups: later } };
    }
    const begun = host.clock.elapsed();
    const elapsed = (): Milliseconds => host.clock.elapsed() - begun;
    await host.clock.sleep(delay, host.signal);
    if (port === undefined && path === undefined) {
      await host.clock.sleep(Math.max(0, timeout - elapsed()), host.signal);
      return come(args, elapsed(), {});
    }
    const look = args.search_regex === undefined || path === undefined ? looker(args) : fileSearch(args);
    for (;;) {
      const left = timeout - elapsed();
      const seen = await look(host, Math.max(0, Math.min(left, slice)));
      if (seen.met) return come(args, elapsed(), seen);
      if (elapsed() >= timeout) return late(args, elapsed(), seen.said, host);
      host.progress(`waiting for ${whatOf(args)}: ${seen.said}`);
    }
  },
};

/** How long one script looks: long enough to be few round trips, and short enough to tell what is seen meanwhile. */
const slice: Milliseconds = 20_000;

function whatOf({ host, port, path, state, search_regex: pattern, timeout }: WaitForArgs): string {
  const isThere = state === 'started' || state === 'present';
  if (port === undefined && path === undefined) return formatDuration(timeout);
  const thing = port === undefined ? (path ?? '') : `port ${port} of ${host}`;
  if (pattern !== undefined) return `${thing} to say ${pattern.source}`;
  if (port === undefined) return `${thing} to be ${isThere ? 'there' : 'gone'}`;
  return `${thing} to be ${isThere ? 'open' : 'closed'}`;
}

const asked = ({ host, port, path, state, search_regex: pattern }: WaitForArgs) => ({
  ...{ state, host },
  ...defined({ port, path, search_regex: pattern?.source }),
});

function come(
  args: WaitForArgs,
  elapsed: Milliseconds,
  { groups = [], named = {} }: Pick<Look, 'groups' | 'named'>,
): ModuleResult {
  return {
    changed: false,
    message: `waited ${formatDuration(elapsed)} for ${whatOf(args)}`,
    values: {
      ...asked(args),
      elapsed: Math.floor(elapsed / 1_000),
      ...{ match_groups: groups, match_groupdict: named },
    },
  };
}

function late(args: WaitForArgs, elapsed: Milliseconds, said: string, { host }: ModuleHost): ModuleResult {
  const what = args.msg ?? `Waited ${formatDuration(args.timeout)} in vain for ${whatOf(args)}`;
  const failure = moduleFailed('wait_for.timeout', host, what.replace(/\.$/, ''), {
    ...(said === '' ? {} : { reason: `the last look said: ${said}` }),
  });
  const values = { ...asked(args), elapsed: Math.floor(elapsed / 1_000), msg: failure.message };
  return { changed: false, values, failure };
}
