import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const folder = fileURLToPath(new URL('../../cases/ansible', import.meta.url));

/** The counts of the recap, by Ansible's words. */
const countWords = ['ok', 'changed', 'unreachable', 'failed', 'skipped', 'rescued', 'ignored'] as const;
const uncounted = Object.fromEntries(countWords.map((word) => [word, 0]));

const hostSchema = z.strictObject({
  trace: z.array(z.string()).exactOptional(),
  /** `{}` is a host that had no part in the run: nothing is counted. */
  recap: z
    .partialRecord(z.enum(countWords), z.int())
    .transform((counts) => ({ ...uncounted, ...counts }))
    .exactOptional(),
});

/** What is asked of a run. A key that is absent is not asked. */
const expectationSchema = z.strictObject({
  d1: hostSchema.exactOptional(),
  d2: hostSchema.exactOptional(),
  d3: hostSchema.exactOptional(),
  shared: z.array(z.string()).exactOptional(),
  control: z.array(z.string()).exactOptional(),
  rc0: z.boolean().exactOptional(),
  exit: z.int().exactOptional(),
  second_run_changed: z.int().exactOptional(),
});

type Expectation = z.infer<typeof expectationSchema>;

/** A playbook, and what is expected of it; the README beside the cases says what each file means. */
export interface AnsibleCase {
  readonly folder: string;
  readonly name: string;
  /** The idea of the case, as a sentence. */
  readonly why: string;
  readonly args: readonly string[];
  /** Hosts that do not answer from the start. */
  readonly down: readonly string[];
  readonly isTwice: boolean;
  readonly isUnordered: boolean;
  readonly secret: string | undefined;
  /** One of these must hold. */
  readonly expectations: readonly Expectation[];
}

export const ansibleCases = (): readonly AnsibleCase[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .map(readCase);

function readCase(name: string): AnsibleCase {
  const path = (file: string): string => join(folder, name, file);
  const text = (file: string): string | undefined =>
    existsSync(path(file)) ? readFileSync(path(file), 'utf8') : undefined;
  const words = (file: string): readonly string[] => text(file)?.split(/\s+/).filter(Boolean) ?? [];
  const expected: unknown = JSON.parse(text('expect.json') ?? text('expected.json') ?? 'null');
  const [why = ''] = text('why.md')?.split('\n') ?? [];
  return {
    folder: path('.'),
    name,
    why,
    args: words('args'),
    down: words('down'),
    isTwice: existsSync(path('twice')),
    isUnordered: existsSync(path('unordered')),
    secret: text('secret')?.trim(),
    expectations: z.array(expectationSchema).parse(Array.isArray(expected) ? expected : [expected]),
  };
}
