import { CORE_SCHEMA, mergeTag } from 'js-yaml';

/**
 * How plain words become values: the core types of YAML 1.2, and merge keys (`<<`), which Ansible's users know.
 * So `yes`, `on` and `12:30` are text, dates are text, and only `true` and `false` are booleans.
 */
export const yamlSchema = CORE_SCHEMA.withTags(mergeTag);

/** The numbers of YAML 1.2's core schema, `0x1f` and `0o17` aside: those are never meant as text. */
const number = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

/**
 * The number that a plain word is read as, when turning it into text again would give another word: a version `1.10`
 * would become `1.1`, an account `0123…` lose its zero, a commit `12e4` become 120000. Undefined when nothing is lost.
 */
export function lossyNumber(word: string): string | undefined {
  if (!number.test(word)) return undefined;
  const read = String(Number(word));
  const written = word.replace(/^(-?)\./, '$10.');
  return read === written ? undefined : read;
}
