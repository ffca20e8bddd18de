import { suggest } from '../errors/nearest.js';
import { encodingFunctions } from './functions/encodings.js';
import {
  ArgumentProblem,
  field,
  list,
  NotFound,
  text,
  type Argument,
  type TemplateFunction,
} from './functions/function.js';
import { attributeOf, listFunctions } from './functions/lists.js';
import { logicFunctions } from './functions/logic.js';
import { lookupFunctions } from './functions/lookups.js';
import { mappingFunctions } from './functions/mappings.js';
import { numberFunctions } from './functions/numbers.js';
import { patternFunctions } from './functions/patterns.js';
import { textFunctions } from './functions/text.js';
import { hideWithin, openWithin } from './secret-values.js';

/** Takes a field of each element, or applies a function to each, with these further values. */
const map: TemplateFunction = {
  usage: 'map list attribute="name"',
  gives:
    'this field of each element (`default="x"` where it has none); `map list "lower"` applies a function to each, with the values behind it',
  takes: [1, 8],
  options: ['attribute', 'default'],
  secrets: 'each',
  call: ([values, name, ...rest], { attribute, default: fallback }, lookups) => {
    const elements = list(values?.value());
    if (attribute !== undefined) {
      return elements.map((element) =>
        fallback === undefined
          ? attributeOf(element, attribute)
          : (field(element, text(attribute)) ?? fallback),
      );
    }
    if (name === undefined) throw new ArgumentProblem('needs attribute="…" or the name of a function');
    const called = functionNamed(text(name.value()));
    return elements.map((element) => applied(called, element, rest, lookups));
  },
};

function functionNamed(name: string): TemplateFunction {
  const called = templateFunctions.get(name);
  if (called !== undefined) return called;
  const known = [...templateFunctions.keys()];
  throw new ArgumentProblem(
    `there is no function "${name}". ${suggest(name, known, 'There are') ?? ''}`.trim(),
  );
}

/** A secret element gives a secret, and the others do not become one by it. */
function applied(
  called: TemplateFunction,
  element: unknown,
  rest: readonly Argument[],
  lookups: Parameters<TemplateFunction['call']>[2],
): unknown {
  const { value, found } = called.secrets === 'move' ? { value: element, found: false } : openWithin(element);
  const argument: Argument = { value: () => value, valueIfDefined: () => value };
  const [least, most] = called.takes;
  if (rest.length + 1 < least || rest.length + 1 > most) {
    throw new ArgumentProblem(`is written {{ ${called.usage} }}`);
  }
  const result = called.call([argument, ...rest], {}, lookups);
  if (result instanceof NotFound) throw new ArgumentProblem(result.reason);
  return found && called.secrets !== 'count' ? hideWithin(result) : result;
}

/** The functions by what they are about, as the reference lists them. */
const functionGroups: Readonly<Record<string, Readonly<Record<string, TemplateFunction>>>> = {
  'Choosing and comparing': logicFunctions,
  Text: textFunctions,
  'Regular expressions': patternFunctions,
  Numbers: numberFunctions,
  Lists: { map, ...listFunctions },
  Mappings: mappingFunctions,
  Encodings: encodingFunctions,
  Lookups: lookupFunctions,
};

/** All functions that a template may call, by name. */
export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.values(functionGroups).flatMap((group) => Object.entries(group)),
);
