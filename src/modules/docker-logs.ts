import { z } from 'zod';
import { AdfError } from '../errors/adf-error.js';
import { noSuchContainer } from '../errors/engine-objects.js';
import { defined } from '../model/defined.js';
import { parseDuration } from '../model/duration.js';
import { wholeNumberSchema } from '../model/schema/number.js';
import { parsed } from '../model/schema/parsed.js';
import { UnknownValue } from '../model/unknown.js';
import type { ModuleHost, ReadingModule } from './module.js';
import { linesOf } from './on-the-host.js';

/** Milliseconds before now, or a time as Docker takes it. */
type Moment = { readonly ago: number } | { readonly at: string };

const momentSchema = parsed((value, refuse): Moment => {
  const text = typeof value === 'string' || typeof value === 'number' ? value : '';
  const ago = parseDuration(text);
  if (ago !== undefined) return { ago };
  if (
    typeof text === 'string' &&
    /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)
  )
    return { at: text };
  refuse('must be a duration before now, or a time', 'Write it like 10m, or 2026-01-31T12:00:00Z.');
  return { ago: 0 };
}).meta({ type: 'duration or time' });

const schema = z.strictObject({
  container: z.string().min(1).describe('The container; it need not run.'),
  tail: wholeNumberSchema(0, 100_000)
    .default(100)
    .describe('How many lines from the end; of all that it printed.'),
  since: momentSchema.optional().describe('Only what it printed since then: `10m` ago, or a time.'),
  until: momentSchema.optional().describe('Only what it printed before then.'),
  timestamps: z.boolean().default(false).describe('Whether each line begins with its time.'),
});

/** What a container printed. */
export const dockerLogs: ReadingModule<z.infer<typeof schema>> = {
  name: 'docker_logs',
  freeform: 'container',
  looksAtHost: true,
  schema,
  docs: {
    summary: 'Reads what a container printed.',
    examples: [
      "- docker_logs: { container: api, since: 5m }\n  register: log\n  failed_when: log.stdout.contains('FATAL')",
    ],
  },

  async read({ container, tail, since, until, timestamps }, host) {
    const options = {
      tail,
      timestamps,
      ...defined({ since: momentOf(since, host), until: momentOf(until, host) }),
    };
    try {
      const { stdout, stderr } = await host.containers.objects.output(container, options);
      const values = {
        stdout: stdout.trimEnd(),
        stderr: stderr.trimEnd(),
        stdout_lines: linesOf(stdout.trimEnd()),
        stderr_lines: linesOf(stderr.trimEnd()),
      };
      const lines = values.stdout_lines.length + values.stderr_lines.length;
      return { changed: false, message: `${lines} lines of ${container}`, output: stdout + stderr, values };
    } catch (error) {
      if (!(error instanceof AdfError) || error.status !== 404) throw error;
      // In a dry run the container may be one that an earlier task would start.
      const none = new UnknownValue(`there is no container ${container} yet`);
      if (host.checkMode)
        return { changed: false, message: none.because, values: { stdout: none, stderr: none } };
      throw noSuchContainer(
        host.host,
        container,
        (await host.containers.list()).map(({ name }) => name),
      );
    }
  },
};

/** By this machine's clock, as `docker logs --since 10m` goes by its own. */
function momentOf(moment: Moment | undefined, { clock }: ModuleHost): string | undefined {
  if (moment === undefined) return undefined;
  if ('at' in moment) return moment.at;
  return (Math.max(0, clock.now() - moment.ago) / 1_000).toFixed(3);
}
