import type { Clock } from '../../../ports/clock.js';
import { SshBinary, type Answer } from './ask-ssh.js';
import type { Dump } from './dump.js';
import { settingsFrom } from './from-dump.js';
import { readConfiguration, type Local } from './own/read.js';
import { requireSafeName } from './safe-name.js';
import type { OpenSshSettings, Question } from './settings.js';
import { readRegular } from '../../../system/regular-file.js';

/**
 * Whether these files say the same of every host, so that one question serves them all. A line that is not plainly about all hosts means
 * no: it then costs a question for each.
 */
async function applyToEveryHost(files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const text = await readRegular(file).catch(() => undefined);
    if (text?.toString().split('\n').every(isOfAll) !== true) return false;
  }
  return true;
}

/** Not one that begins a section for some hosts, makes something of a host's name, or looks that up. */
function isOfAll(line: string): boolean {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return true;
  const [, keyword, value] = /^([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*)$/.exec(text) ?? [];
  if (keyword === undefined || value === undefined || value.includes('%')) return false;
  if (keyword.toLowerCase() === 'host') return value === '*';
  return !/^(match|hostname|canonicali[sz]e.*)$/i.test(keyword);
}

export interface OpenSshConfigOptions {
  readonly clock: Clock;
  readonly local: Local;
  /** The OpenSSH client to ask; `ssh` on the PATH when absent. */
  readonly program?: string;
}

/**
 * What the user's and the system's OpenSSH configuration say of a host. The system's ssh is asked, so that all that it knows is honoured,
 * and each distinct question once; without one the files are read here. Files that change meanwhile are not read again.
 */
export class OpenSshConfig {
  readonly #settings = new Map<string, Promise<OpenSshSettings>>();
  readonly #first = new Map<string, Promise<Answer & { readonly ofAll: boolean }>>();
  #binary: Promise<SshBinary | undefined> | undefined;

  constructor(private readonly options: OpenSshConfigOptions) {}

  /** Throws `ssh.config`, `ssh.unsafe_name`. */
  async settingsFor(question: Question): Promise<OpenSshSettings> {
    const { name, user, port, configFile } = question;
    requireSafeName('host', name);
    if (user !== undefined) requireSafeName('user', user);
    if (configFile?.toLowerCase() === 'none') return {};
    const key = JSON.stringify([name, user, port, configFile]);
    const before = this.#settings.get(key);
    if (before !== undefined) return before;
    const settings = this.#said(question).then((said) => settingsFrom(name, said));
    this.#settings.set(key, settings);
    return settings;
  }

  async #said(question: Question): Promise<Dump> {
    const { clock, local, program } = this.options;
    this.#binary ??= SshBinary.find(clock, program);
    const binary = await this.#binary;
    if (binary === undefined) return readConfiguration(question, local);
    const { name: _name, ...others } = question;
    const key = JSON.stringify(others);
    const first = this.#first.get(key);
    if (first !== undefined) {
      const { ofAll, said } = await first;
      return ofAll ? said : (await binary.ask(question)).said;
    }
    const asked = binary.ask(question).then(async (answer) => ({
      ...answer,
      ofAll: !answer.said.has('hostname') && (await applyToEveryHost(answer.files)),
    }));
    // A host that ssh refuses says nothing of the others.
    this.#first.set(
      key,
      asked.catch(() => ({ said: new Map(), files: [], ofAll: false })),
    );
    return (await asked).said;
  }
}
