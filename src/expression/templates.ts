import { Diagnostics } from '../errors/diagnostics.js';
import { templateAsKey } from '../errors/expression.js';
import { Secret } from '../model/secret.js';
import { UnknownValue } from '../model/unknown.js';
import type { Locate, ValuePath } from '../model/source.js';
import { isMapping } from './describe.js';
import { placeInFile, placeInScalar, placeOf } from './place.js';
import { Rendering, unknownWithin, type Language } from './template-rendering.js';
import type { VariableLookup } from './template-scope.js';
import { parseTemplate, refuseJinja } from './template-syntax.js';

export type { Language } from './template-rendering.js';
export type { VariableLookup } from './template-scope.js';

/** A value of a user's file with templates in it, and where it stands. */
export interface Source {
  readonly value: unknown;
  readonly locate: Locate;
}

/**
 * Renders all templates in a value, however deep. Text that is exactly one `{{ expression }}` becomes the value of that
 * expression, with its type. In the language `shell`, values are quoted as words, and `{{{ expression }}}` is raw.
 * An UnknownValue anywhere makes the whole an UnknownValue; text with a Secret in it becomes a Secret.
 *
 * Throws AdfError `expression.*` and `template.*` at the place in the user's file.
 */
export function render(
  { value, locate }: Source,
  variables: VariableLookup,
  language: Language = 'plain',
): unknown {
  const rendered = renderWithin(value, [], locate, variables, language);
  return unknownWithin(rendered) ?? rendered;
}

/** A file with templates in it. */
export interface TemplateFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Renders a template file. Nothing is escaped; in the language `env_file`, values that a line of one cannot hold are refused. What holds a secret is a Secret, and what holds something that is not known yet is an
 * UnknownValue, as a whole. Throws as `render` does.
 */
export function renderFile(
  { file, text }: TemplateFile,
  variables: VariableLookup,
  language: Exclude<Language, 'shell'> = 'plain',
): string | Secret | UnknownValue {
  const placeOf = placeInFile(file, text);
  const { parts } = parseTemplate(text, placeOf);
  // An empty text in front keeps a file of one expression from being anything but text.
  const template = { parts: [{ kind: 'text', text: '' } as const, ...parts] };
  const rendered = new Rendering(variables, placeOf, language).run(template);
  return rendered instanceof Secret || rendered instanceof UnknownValue ? rendered : String(rendered);
}

/**
 * Parses all templates in a value, without rendering them, so that what is broken is known before a run. Throws, of all of them at once,
 * `template.*` for what can't be rendered, for Jinja's blocks, and for keys that look like templates.
 */
export function checkTemplates(value: unknown, locate: Locate): void {
  const diagnostics = new Diagnostics();
  check(value, locate, [], diagnostics);
  diagnostics.refuse();
}

function check(value: unknown, locate: Locate, path: ValuePath, diagnostics: Diagnostics): void {
  if (typeof value === 'string') {
    const placeOfText = placeInScalar(locate, path, value);
    diagnostics.collect(() => {
      if (mayBeTemplate(value)) parseTemplate(value, placeOfText);
      else refuseJinja(value, placeOfText);
    });
  } else if (Array.isArray(value)) {
    value.forEach((element, index) => check(element, locate, [...path, index], diagnostics));
  } else if (isMapping(value)) {
    for (const [key, element] of Object.entries(value)) {
      const inside = [...path, key];
      if (mayBeTemplate(key)) diagnostics.report(templateAsKey(key, placeOf(locate, inside, 'key')));
      check(element, locate, inside, diagnostics);
    }
  }
}

/** Without braces there is nothing to render. A lone `\{{` is a template too: it stands for literal braces. */
export const mayBeTemplate = (text: string): boolean => text.includes('{{');

function renderWithin(
  value: unknown,
  path: ValuePath,
  locate: Locate,
  variables: VariableLookup,
  language: Language,
): unknown {
  if (typeof value === 'string') {
    if (!mayBeTemplate(value)) return value;
    const placeOf = placeInScalar(locate, path, value);
    return new Rendering(variables, placeOf, language).run(parseTemplate(value, placeOf));
  }
  if (Array.isArray(value)) {
    return value.map((element, index) =>
      renderWithin(element, [...path, index], locate, variables, language),
    );
  }
  if (!isMapping(value)) return value;
  const rendered: Record<string, unknown> = {};
  for (const [key, element] of Object.entries(value)) {
    const result = renderWithin(element, [...path, key], locate, variables, language);
    Object.defineProperty(rendered, key, {
      value: result,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return rendered;
}
