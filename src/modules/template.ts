import { z } from 'zod';
import { sourceNotAFile } from '../errors/inventory.js';
import { argvSchema } from '../model/schema/argv.js';
import { textSchema } from '../model/schema/text.js';
import { UnknownValue } from '../model/unknown.js';
import { applyFile, checkFile, type FileChange, type WantedFile } from './file-content.js';
import { contentKeys, givenAttributes } from './file-keys.js';
import type { Module } from './module.js';
import { findSource, lastName } from './source-files.js';
import { textFilling } from './text-content.js';

const schema = z
  .strictObject({
    src: textSchema.describe(
      'a Handlebars file of the project, looked up in `templates/` first; rendered with the variables of the host. Nothing is escaped, and a variable that is not there is an error',
    ),
    ...contentKeys,
    validate: argvSchema
      .optional()
      .describe(
        'a command, never run by a shell, that has to succeed before the file is put in place; `%s` in it is the new file',
      ),
  })
  .refine(({ validate }) => validate === undefined || validate.some((word) => word.includes('%s')), {
    message: 'needs a %s, where the new file stands',
    path: ['validate'],
  });

interface Details {
  readonly wanted: WantedFile;
  readonly change: FileChange;
}

/** Puts a rendered template on the host. Into a folder it goes under its own name, without `.hbs`. */
export const template: Module<z.infer<typeof schema>, Details> = {
  name: 'template',
  docs: {
    summary:
      'Puts a rendered template on the host. Into a folder it goes under its own name, without `.hbs`.',
    examples: [
      `- name: the configuration of nginx
  template:
    src: nginx.conf.hbs
    dest: /etc/nginx/nginx.conf
    validate: nginx -t -c %s
  become: true
  notify: reload nginx`,
    ],
  },
  effect: 'idempotent',
  // Its string form is split into words as sh would: quoting keeps each value one word.
  shellArguments: ['validate'],
  visibleArguments: ['validate'],
  source: ({ src }) => ({ argument: 'src', src, folder: 'templates', template: true }),
  schema,

  async check(args, host) {
    const { src, dest, force, backup, follow, validate } = args;
    const { path, kind } = await findSource(host.project, host.playbook, 'templates', src);
    if (kind !== 'file') throw sourceNotAFile(path, 'A template is one file; to render several, use a loop.');
    const text = await host.renderFile(path);
    if (text instanceof UnknownValue) {
      return { changes: false, result: { changed: false, values: {} }, unknown: text };
    }
    const name = lastName(src).replace(/(?<=.)\.hbs$/, '');
    const attributes = givenAttributes(args);
    const wanted = { ...textFilling(text), dest, name, attributes, force, backup, follow, validate };
    const checked = await checkFile(wanted, host);
    return checked.changes ? { ...checked, details: { wanted, change: checked.details } } : checked;
  },

  apply: (_args, { wanted, change }, host) => applyFile(wanted, change, host),
};
