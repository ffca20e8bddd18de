import { misplacedSetting, misspeltSetting } from '../errors/config.js';
import { Diagnostics } from '../errors/diagnostics.js';
import { nearest } from '../errors/nearest.js';
import { settingNames } from '../model/settings.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { placeOf } from './located.js';
import type { VariablesFile } from './variables-file.js';

/** Keys of `rollout` that say nothing beside it. */
export const ofRollout: ReadonlySet<string> = new Set([
  'serial',
  'min_healthy',
  'bake',
  'drain_timeout',
  'max_failures',
  'on_failure',
  'keep_releases',
  'floor_wait',
  'max_blips',
]);

/** Finds variables that were meant as a setting: named almost as one, or standing beside the setting that they belong into. */
export class SettingWords {
  /** By the name of a variable: the setting that it is almost named as. Thousands of hosts have the same names. */
  readonly #near = new Map<string, string | undefined>();
  readonly #used = new Map<string, Promise<boolean>>();

  constructor(
    /** The project. All its files may be read, so these should not be recorded as what a run goes by. */
    private readonly files: ProjectFiles,
  ) {}

  /**
   * Throws `config.misspelt_setting` and `config.misplaced_setting` for each variable that nothing in the project uses. One that a template
   * or a condition names is a variable.
   */
  async check({
    values,
    locate,
  }: Partial<Pick<VariablesFile, 'locate'>> & Pick<VariablesFile, 'values'>): Promise<void> {
    const diagnostics = new Diagnostics();
    for (const name of Object.keys(values)) {
      if (settingNames.has(name)) continue;
      const near = this.#nearest(name);
      if ((near === undefined && !ofRollout.has(name)) || (await this.#isUsed(name))) continue;
      const place = placeOf(locate, [name], 'key');
      diagnostics.report(
        near === undefined ? misplacedSetting(name, place) : misspeltSetting(name, near, place),
      );
    }
    diagnostics.refuse();
  }

  #nearest(name: string): string | undefined {
    if (!this.#near.has(name)) this.#near.set(name, nearest(name, settingNames));
    return this.#near.get(name);
  }

  #isUsed(name: string): Promise<boolean> {
    const used = this.#used.get(name) ?? this.#search(name);
    this.#used.set(name, used);
    return used;
  }

  async #search(name: string): Promise<boolean> {
    const word = new RegExp(`(?<![\\w.-])${name}(?!\\w)`);
    for await (const path of filesBelow('.', this.files)) {
      const text = await this.files.read(path).catch(() => undefined);
      if (text?.includes(name) === true && codeIn(path, text).some((code) => word.test(code))) return true;
    }
    return false;
  }
}

/** A template or a playbook is not larger. */
const mostBytes = 1024 * 1024;

/** Those of settings, playbooks and templates first. */
const likely = ['adfpush.yml', 'inventory', 'playbooks', 'roles', 'templates'];

/** Links may lead in a circle. */
const mostFolders = 12;

async function* filesBelow(folder: string, files: ProjectFiles): AsyncGenerator<string, undefined> {
  if (folder.split('/').length > mostFolders) return;
  const names = (await files.list(folder)).filter((name) => !name.startsWith('.') && name !== 'node_modules');
  const first = (name: string): number => (folder === '.' && likely.includes(name) ? 0 : 1);
  for (const name of names.toSorted((a, b) => first(a) - first(b))) {
    const path = folder === '.' ? name : `${folder}/${name}`;
    const entry = await files.stat(path).catch(() => undefined);
    if (entry?.kind === 'directory') yield* filesBelow(path, files);
    else if (entry?.kind === 'file' && entry.size <= mostBytes) yield path;
  }
}

/** The parts of a file that may name a variable: its templates; and in what tasks are written in, values, which may be conditions. */
function codeIn(path: string, text: string): readonly string[] {
  const templates = text.match(/\{\{[^]*?\}\}/g) ?? [];
  const mayHaveTasks = /\.ya?ml$/.test(path) && !/^(adfpush\.yml$|inventory\/)/.test(path);
  if (!mayHaveTasks) return templates;
  const values = text
    .replace(/(^|\s)#.*$/gm, '')
    .replace(/[\w-]+["']?:(?=\s|$)/gm, '')
    .split('\n');
  return [...templates, ...values];
}
