import { dump } from 'js-yaml';

/** A value as YAML in block style, which `parseYaml` and Ansible read as the same value. `indent` is the number of spaces of one level. */
export const writeYaml = (value: unknown, indent = 2): string =>
  dump(value, { indent, lineWidth: -1, noRefs: true });
