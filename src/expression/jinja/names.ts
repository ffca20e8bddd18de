import { foreignVariables, hintForForeignVariable } from '../foreign-variables.js';
import { constant, path, text, Untranslatable, type PathTerm, type Term } from './term.js';

/** Fields of Ansible's facts that are facts of their own here; undefined means that a whole fact stands for all of its fields. */
const foreignFields: Readonly<Record<string, string>> = {
  'ansible_lsb.codename': 'facts.codename',
  'ansible_lsb.id': 'facts.distribution',
  'ansible_lsb.release': 'facts.distribution_version',
  'ansible_lsb.major_release': 'facts.distribution_major_version',
  'ansible_lsb.description': 'facts.distribution_name',
  'ansible_memory_mb.real.total': 'facts.memory.total_mb',
  'ansible_memory_mb.real.free': 'facts.memory.available_mb',
  'ansible_memory_mb.nocache.free': 'facts.memory.available_mb',
  'ansible_memory_mb.swap.total': 'facts.memory.swap_total_mb',
  'ansible_date_time.epoch': 'facts.clock.epoch',
  'ansible_env.HOME': 'facts.home',
  'ansible_env.USER': 'facts.user',
  'ansible_default_ipv4.address': 'facts.default_ipv4.address',
  'ansible_default_ipv4.interface': 'facts.default_ipv4.interface',
  'ansible_default_ipv4.gateway': 'facts.default_ipv4.gateway',
  'ansible_default_ipv6.address': 'facts.default_ipv6.address',
  'ansible_default_ipv6.interface': 'facts.default_ipv6.interface',
  'ansible_default_ipv6.gateway': 'facts.default_ipv6.gateway',
  'ansible_failed_task.name': 'failed_task.name',
};

/** Facts of Ansible whose fields are not those of the fact here. */
const otherFields = [
  'ansible_lsb',
  'ansible_memory_mb',
  'ansible_date_time',
  'ansible_python',
  'ansible_env',
];

/** Ansible's names of distributions and families, where ID of os-release, which the facts here have, is another than its lower case. */
const distributions: Readonly<Record<string, string>> = {
  RedHat: 'rhel',
  Amazon: 'amzn',
  OracleLinux: 'ol',
  Archlinux: 'arch',
  'Linux Mint': 'linuxmint',
  openSUSE: 'opensuse',
};
const families: Readonly<Record<string, string>> = { Archlinux: 'arch' };

/** A name with fields behind it, as in `ansible_facts['distribution']`. Only those that are written out. */
export type Chain = readonly [string, ...(readonly (string | number)[])];

/** What a variable is called here, with the fields behind it. Throws Untranslatable for one of Ansible's that has no counterpart. */
export function termOfChain(chain: Chain): Term {
  const [name, ...rest] = plainFact(chain);
  for (let count = rest.length; count > 0; count -= 1) {
    const key = [name, ...rest.slice(0, count)].join('.');
    if (!Object.hasOwn(foreignFields, key)) continue;
    return wordsOf(foreignFields[key] ?? '', rest.slice(count));
  }
  if (rest.length > 0 && otherFields.includes(name)) throw new Untranslatable(unknown(name));
  const here = Object.hasOwn(foreignVariables, name) ? foreignVariables[name] : undefined;
  if (here === undefined) {
    if (name.startsWith('ansible_')) throw new Untranslatable(unknown(name));
    return path(name, ...rest);
  }
  const [, quoted] = /^"(.*)"$/.exec(here) ?? [];
  if (quoted !== undefined) return text(quoted);
  if (!/^[a-z_]\w*(\.\w+)*$/.test(here)) throw new Untranslatable(unknown(name));
  return wordsOf(here, rest);
}

/** The fields of another host's variables: `hostvars['web-1'].ansible_host`. */
export function partsOfField(key: string | number): readonly (string | number)[] {
  if (typeof key === 'number' || !key.startsWith('ansible_')) return [key];
  const term = termOfChain([key]);
  if (term.kind !== 'path') throw new Untranslatable(unknown(key));
  return term.parts;
}

const unknown = (name: string): string => hintForForeignVariable(name) ?? `There is no ${name} here.`;

function wordsOf(words: string, rest: readonly (string | number)[]): PathTerm {
  const [name = '', ...parts] = words.split('.');
  return path(name, ...parts, ...rest);
}

/** `ansible_facts.distribution`, and `ansible_facts.ansible_distribution`, are `ansible_distribution`. */
function plainFact(chain: Chain): Chain {
  const [name, first, ...rest] = chain;
  if (name !== 'ansible_facts' || typeof first !== 'string') return chain;
  return [first.startsWith('ansible_') ? first : `ansible_${first}`, ...rest];
}

/** A text that a fact is compared with, as that fact has it here: `debian` for `Debian`. Others stay. */
export function comparedWith(term: Term, other: Term): Term {
  const fact = factOf(other);
  if (fact !== 'facts.os_family' && fact !== 'facts.distribution') return term;
  const names = fact === 'facts.os_family' ? families : distributions;
  const renamed = (one: Term): Term => {
    if (one.kind !== 'text') return one;
    return text(
      Object.hasOwn(names, one.value) ? (names[one.value] ?? '') : one.value.toLowerCase(),
      one.quote,
    );
  };
  return term.kind === 'list' ? { kind: 'list', items: term.items.map(renamed) } : renamed(term);
}

/** The fact that a term is, also in lower case. */
function factOf(term: Term): string | undefined {
  if (term.kind === 'path') return term.parts.join('.');
  const [first] = term.kind === 'call' && term.name === 'lower' ? term.args : [];
  return first === undefined ? undefined : factOf(first);
}

/** What `loop.…` of a `{% for %}` is inside `{{#each}}`. */
export function termOfLoop(field: string): Term {
  switch (field) {
    case 'index0':
      return path('@index');
    case 'index':
      return { kind: 'call', name: 'add', args: [path('@index'), constant(1)], options: [] };
    case 'first':
      return path('@first');
    case 'last':
      return path('@last');
    default:
      throw new Untranslatable(`#each has @index, @key, @first and @last, and nothing like loop.${field}.`);
  }
}
