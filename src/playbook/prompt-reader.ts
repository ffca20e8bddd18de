import { missingKeyword, unknownKeyword, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { mayBeTemplate } from '../expression/templates.js';
import { defined } from '../model/defined.js';
import type { PlaybookDocument } from './document.js';
import { elsewhereInPrompts, promptKeywords } from './keywords.js';
import { MappingReader } from './mapping-reader.js';
import type { VarsPrompt } from './playbook.js';

/** Reads `vars_prompt`: a list of variables that a person is asked for. All that is wrong is reported. */
export function readPrompts(play: MappingReader, document: PlaybookDocument): readonly VarsPrompt[] {
  const given = play.value('vars_prompt');
  if (given === undefined) return [];
  const path = play.pathOf('vars_prompt');
  const refuse = (
    value: unknown,
    at: readonly (string | number)[],
    expected: string,
  ): readonly VarsPrompt[] => {
    const hint = 'Write "- name: release_name", and below it what is asked: "prompt: Which release?".';
    const place = document.placeOf([...at]);
    document.diagnostics.report(
      wrongKeywordValue('vars_prompt', expected, describeValue(value), place, hint),
    );
    return [];
  };
  if (!Array.isArray(given)) return refuse(given, path, 'a list');
  return given.flatMap((one: unknown, index) =>
    isMapping(one)
      ? readPrompt(new MappingReader(document, one, [...path, index]), document)
      : refuse(one, [...path, index], 'a list of mappings'),
  );
}

function readPrompt(prompt: MappingReader, document: PlaybookDocument): readonly VarsPrompt[] {
  for (const key of prompt.keys) {
    if (promptKeywords.some((keyword) => keyword === key)) continue;
    const hint = Object.hasOwn(elsewhereInPrompts, key) ? elsewhereInPrompts[key] : undefined;
    document.diagnostics.report(
      unknownKeyword(key, 'a prompt', promptKeywords, prompt.placeOfKey(key), hint),
    );
  }
  const reason = 'An answer is data here, and never a template: leave it out.';
  prompt.read('unsafe', 'true', (value) => (value === true ? value : undefined), reason);
  const name = prompt.variableName('name');
  if (name === undefined) {
    const hint = 'Name the variable that keeps the answer: name: release_name.';
    document.diagnostics.report(
      missingKeyword('name', 'the prompt', document.placeOf(prompt.pathOf('name').slice(0, -1)), hint),
    );
    return [];
  }
  return [
    {
      name,
      question: prompt.text('prompt') ?? name,
      isPrivate: prompt.boolean('private', true),
      confirm: prompt.boolean('confirm', false),
      place: prompt.placeOf('name'),
      ...defined({ default: readDefault(prompt) }),
    },
  ];
}

/** Text, whatever it looks like: so its type does not depend on whether a person typed it. */
const readDefault = (prompt: MappingReader): string | undefined =>
  prompt.read('default', 'text without templates', (value) =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? mayBeTemplate(String(value))
        ? undefined
        : String(value)
      : undefined,
  );
