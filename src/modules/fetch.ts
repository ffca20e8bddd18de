import { z } from 'zod';
import { fileProblems } from '../errors/files.js';
import { textSchema } from '../model/schema/text.js';
import { pathSchema } from './file-keys.js';
import type { Module, ModuleHost } from './module.js';
import { lastName } from './source-files.js';

const schema = z.strictObject({
  src: pathSchema.describe('a file of the host'),
  dest: textSchema.describe(
    'a folder on the machine that runs adfpush, relative to the project: the file becomes `dest/HOST/path/of/src`, where HOST is the id of the host',
  ),
  flat: z
    .boolean()
    .default(false)
    .describe(
      'to `dest` itself, or into it under the own name of the file when it ends in `/`: for one host only, since each would replace the last',
    ),
  fail_on_missing: z.boolean().default(true).describe('whether a file that is not there is a failure'),
});
type Args = z.infer<typeof schema>;

interface Details {
  readonly to: string;
  readonly size: number;
}

/** Brings a file of the host to the control side, written in one step. */
export const fetch: Module<Args, Details> = {
  name: 'fetch',
  docs: {
    summary: 'Brings a file of the host to the machine that runs adfpush.',
    examples: [
      `- name: keep the log of the migration
  fetch: { src: /var/log/app/migrate.log, dest: logs }`,
    ],
  },
  effect: 'idempotent',
  schema,

  async check({ src, dest, flat, fail_on_missing }, host) {
    const to = flat ? flatPath(dest, src) : pathOf(dest, host, src);
    const [look] = await host.files.look([{ path: src, follow: true }]);
    const stat = look?.stat;
    if (stat === undefined) {
      if (fail_on_missing && !host.checkMode) throw fileProblems.not_found(host.host, src);
      return {
        changes: false,
        result: { changed: false, message: `there is no ${src}`, values: { dest: to, file: src } },
      };
    }
    if (stat.kind !== 'file') throw fileProblems.not_a_file(host.host, src);
    const here = await host.project.stat(to);
    const same =
      here?.kind === 'file' &&
      here.size === stat.size &&
      (await host.project.digest(to)).sha256 === stat.sha256;
    if (same) {
      const values = { dest: to, file: src, checksum: stat.sha256 };
      return { changes: false, result: { changed: false, message: `${to} is the same`, values } };
    }
    return { changes: true, summary: `fetch ${src} to ${to}`, takes: [], details: { to, size: stat.size } };
  },

  async apply({ src }, { to, size }, host) {
    const file = await host.project.create(to);
    let got = 0;
    try {
      const checksum = await host.files.fetch(src, async (chunk) => {
        await file.write(chunk);
        got += chunk.length;
        host.progress(`fetching ${src}`, got, size);
      });
      await file.commit();
      return { changed: true, message: `fetched ${src} to ${to}`, values: { dest: to, file: src, checksum } };
    } catch (error) {
      await file.discard();
      throw error;
    }
  },
};

const flatPath = (dest: string, src: string): string =>
  dest.endsWith('/') ? dest + safeName(lastName(src)) : dest;

/** The id, since hosts of an Auto Scaling group all have one name. Steps up are taken within the host's own folder, never out of it. */
function pathOf(dest: string, { host }: ModuleHost, src: string): string {
  const steps: string[] = [];
  for (const step of src.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return [dest.replace(/(?<=.)\/+$/, ''), safeName(host.id), ...steps].join('/');
}

/** One step of a path, whatever the name says. */
const safeName = (name: string): string =>
  /^\.*$/.test(name)
    ? `_${name}`
    : name.replaceAll('%', '%25').replaceAll('/', '%2F').replaceAll('\0', '%00');
