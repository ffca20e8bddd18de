import { mayBeTemplate } from '../expression/templates.js';
import type { Host } from '../model/host.js';
import { isMapping } from '../model/schema/parsed.js';
import { addHostFields, addHostWords } from '../modules/add-host.js';
import { isOpenEnded, tasksOf, type Playbook, type Task } from './playbook.js';

/** The hosts and groups that the tasks of a playbook may add, as far as that can be told before it runs. */
export interface LaterHosts {
  /** Names of groups that are written out. */
  readonly groups: readonly string[];
  /** Names of hosts and groups that are written out. */
  readonly names: readonly string[];
  /** The variables that some of these hosts get; any where that is not known. */
  readonly variables: readonly string[] | 'any';
  /** Whether a host or a group of this name may be added: by what is included when it runs, too. */
  readonly mayBe: (name: string) => boolean;
  /** Whether one of its tasks adds a group or host of such a name, unless it is skipped. */
  readonly isForeseen: (name: string) => boolean;
}

/** Undefined for a playbook that adds no hosts. */
export function laterHosts({ plays }: Playbook): LaterHosts | undefined {
  const tasks = plays.flatMap(tasksOf).filter(({ does }) => does.addsHosts);
  const isOpen = plays.some(isOpenEnded);
  if (tasks.length === 0 && !isOpen) return undefined;
  const given = tasks.map(({ args }) => args.value);
  const groups = given.flatMap((args) => textsOf(args, addHostWords.groups).flatMap(splitNames));
  const hosts = given.flatMap((args) => textsOf(args, addHostWords.name));
  const forms = (texts: readonly string[]) => texts.map((text) => ({ text, form: formOf(text) }));
  const ofGroups = forms(groups);
  const ofHosts = forms(hosts);
  const isWhole = given.some((args) => !isMapping(args));
  // A name that is one template may be any: as a host's it says nothing of a group that is misspelt.
  const isForeseen = (name: string): boolean =>
    isWhole ||
    ofGroups.some(({ form }) => form.test(name)) ||
    ofHosts.some(({ text, form }) => !/^\{\{[^]*\}\}$/.test(text) && form.test(name));
  const writtenOut = (texts: readonly string[]): readonly string[] => [
    ...new Set(texts.filter((text) => !mayBeTemplate(text))),
  ];
  return {
    groups: writtenOut(groups),
    names: writtenOut([...groups, ...hosts.map((text) => text.replace(/:\d+$/, ''))]),
    variables: isWhole ? 'any' : [...new Set(given.flatMap((args) => variablesIn(args)))],
    mayBe: (name) => isOpen || isForeseen(name) || ofHosts.some(({ form }) => form.test(name)),
    isForeseen,
  };
}

const variablesIn = (args: unknown): readonly string[] =>
  isMapping(args) ? Object.keys(args).filter((key) => !addHostFields.includes(key)) : [];

/** What a task that adds hosts may give to a host that there is. */
interface GivenVariables {
  readonly names: readonly string[] | 'any';
  /** Whether it may be this host. */
  readonly mayBe: (host: Pick<Host, 'id' | 'name'>) => boolean;
}

/** Undefined for a task that adds no hosts. */
export function givenBy({ does, args: { value } }: Task): GivenVariables | undefined {
  if (!does.addsHosts) return undefined;
  if (!isMapping(value)) return { names: 'any', mayBe: () => true };
  const forms = textsOf(value, addHostWords.name).map(formOf);
  return {
    names: variablesIn(value),
    mayBe: ({ id, name }) => forms.some((form) => form.test(name) || form.test(id)),
  };
}

/** What stands after these words, as it is written. */
function textsOf(args: unknown, words: readonly string[]): readonly string[] {
  if (!isMapping(args)) return [];
  return words
    .flatMap((word) => args[word])
    .filter((value) => typeof value === 'string')
    .map((text) => text.trim());
}

/** Names with commas between, none of them within a template. */
const splitNames = (text: string): readonly string[] =>
  text.split(/,(?![^{]*\}\})/).map((name) => name.trim());

/** What a text may become: a template in it may be any text, and a list of names. */
function formOf(text: string): RegExp {
  const parts = text.replace(/:\d+$/, '').split(/\{\{[^]*?\}\}\}?/);
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*')}$`);
}
