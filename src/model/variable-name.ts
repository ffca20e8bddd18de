/** The variables that adfpush itself gives to every host, play or task. No file, flag or task may set one. */
export const builtInVariables: ReadonlySet<string> = new Set([
  'env',
  'group',
  'release',
  'host',
  'host_id',
  'host_address',
  'inventory_hostname',
  'inventory_hostname_short',
  'group_names',
  'groups',
  'hostvars',
  'facts',
  'play_name',
  'play_hosts',
  'play_batch',
  'playbook_dir',
  'role_name',
  'role_path',
  'failed_task',
  'failed_result',
  'run',
  'run_id',
  'check_mode',
  'omit',
]);

/** A name that templates and conditions can say. */
const form = /^[A-Za-z_]\w*$/;

/** Why a variable that a user sets cannot have this name, as the end of a sentence; undefined for a name that it can have. */
export function faultOfVariableName(name: string): string | undefined {
  if (!form.test(name))
    return 'is not a name that a template can use: letters, digits and _ only, no digit first';
  return builtInVariables.has(name)
    ? 'is a built-in variable, which cannot be set: take another name'
    : undefined;
}
