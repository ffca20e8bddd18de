import { call, text, Untranslatable, type Term } from './term.js';

/** Makes the term that a lookup stands for, or says what is done instead. */
type Lookup = (args: readonly Term[]) => Term;

const none =
  (reason: string): Lookup =>
  () => {
    throw new Untranslatable(reason);
  };

const oneValue =
  (name: string): Lookup =>
  (args) => {
    const [value] = args;
    if (value === undefined || args.length > 1) throw new Untranslatable(`${name} takes one value here.`);
    return call(name, [value]);
  };

const secret = 'Declare it below secrets: in adfpush.yml, and write {{ secret "name" }}.';

const lookups: Readonly<Record<string, Lookup>> = {
  env: oneValue('env'),
  file: oneValue('file'),
  unvault: oneValue('file'),
  dict: oneValue('dict2items'),
  items: oneValue('flatten'),
  flattened: oneValue('flatten'),
  list: ([value = text('')]) => value,
  together: (args) => call('zip', args),
  nested: (args) => call('product', args),
  cartesian: (args) => call('product', args),
  subelements: ([value, key, ...rest]) => {
    if (value === undefined || key === undefined || rest.length > 0)
      throw new Untranslatable('subelements takes a list and the name of a field.');
    return call('subelements', [value, key]);
  },
  pipe: none(
    'A command is a task: shell: …, with delegate_to: localhost and register: result, then {{ result.stdout }}.',
  ),
  lines: none(
    'A command is a task: shell: …, with delegate_to: localhost and register: result, then {{ result.stdout_lines }}.',
  ),
  template: none('The module template renders files; a text with values in it is a variable of its own.'),
  vars: none(
    'Variables are named where they are used; for a choice, make a mapping and write lookup mapping key.',
  ),
  varnames: none('Variables are named where they are used; for a choice, make a mapping.'),
  first_found: none('Name the file by a variable, or write default (file "a") (file "b").'),
  fileglob: none('Name the files in a list: the same project gives the same run.'),
  filetree: none('copy takes a whole folder: src: folder/.'),
  sequence: none('Write range 1 4, which is [1, 2, 3].'),
  indexed_items: none('Write loop_control: { index_var: index }.'),
  random_choice: none('A run gives the same twice: there is no chance in templates.'),
  inventory_hostnames: none('Write groups.NAME, or a pattern in hosts.'),
  url: none(
    'The module uri asks a server: with delegate_to: localhost and register: result, then {{ result.content }}.',
  ),
  dig: none('A command is a task: shell: dig +short …, with register.'),
  csvfile: none('Write the values as YAML, and read them with vars_files.'),
  ini: none('Write the values as YAML, and read them with vars_files.'),
  config: none('Settings are those of adfpush.yml: write the value itself.'),
  password: none(`A run makes no passwords. ${secret}`),
  random_string: none(`A run makes no passwords. ${secret}`),
  onepassword: none(secret),
  bitwarden: none(secret),
  passwordstore: none(secret),
  keyring: none(secret),
  hashi_vault: none(secret),
  vault_kv2_get: none(secret),
  aws_secret: none(secret),
  aws_ssm: none(secret),
  secretsmanager_secret: none(secret),
  ssm_parameter: none(secret),
  aws_service_ip_ranges: none('Write the ranges as a variable.'),
  etcd: none('A task asks it: uri, with register.'),
  redis: none('A task asks it, and registers the result.'),
  k8s: none('A task asks it: command: kubectl get …, with register.'),
};

/** The names of all lookups that are known, those without a counterpart included. */
export const lookupNames: readonly string[] = Object.keys(lookups);

/** What `lookup('NAME', …)` stands for. Throws Untranslatable. */
export function lookedUp(args: readonly Term[]): Term {
  const [name, ...rest] = args;
  if (name?.kind !== 'text') throw new Untranslatable('Name the lookup: env "NAME", file "path".');
  const local = name.value.split('.').at(-1) ?? name.value;
  const lookup = Object.hasOwn(lookups, local) ? lookups[local] : undefined;
  if (lookup !== undefined) return lookup(rest);
  throw new Untranslatable(
    `There is no lookup "${name.value}": there are env "NAME", file "path" and secret "name"; a task finds out all else, with register.`,
  );
}
