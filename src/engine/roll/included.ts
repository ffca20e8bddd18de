import { includeTooDeep, wrongKeywordValue } from '../../errors/playbook.js';
import { describeValue } from '../../expression/describe.js';
import { render } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import { UnknownValue } from '../../model/unknown.js';
import type {
  Include,
  Included,
  IncludeSource,
  Position,
  RoleVariables,
  Task,
  TaskVars,
  VariableTexts,
} from '../../playbook/playbook.js';
import { allHold } from '../task/conditions.js';
import { itemsOf, labelOf, layerOfItem } from '../task/task.js';

/** Where one copy of what was included runs: for one item of the loop of its include. */
export interface Frame {
  /** Of the first include, in its play. */
  readonly index: number;
  readonly position: Position;
  /** What stands in the place of the `item` of this include, and of those around it. */
  readonly items: ReadonlyMap<TaskVars, TaskVars>;
  /** The includes that it is in. */
  readonly depth: number;
  /** It was included by a handler: it was notified, so that no tags decide on it. */
  readonly isHandler: boolean;
}

/** A task or an include as it runs in a frame, with the variables of the roles that are public so far. */
export function inFrame<T extends Task | Include>(
  leaf: T,
  frame: Frame | undefined,
  published: RoleVariables | undefined,
): T {
  if (frame === undefined) return published === undefined ? leaf : { ...leaf, published };
  const { index, items } = frame;
  return {
    ...leaf,
    index,
    position: [...frame.position, ...leaf.position],
    vars: leaf.vars.map((vars) => items.get(vars) ?? vars),
    ...(published === undefined ? {} : { published }),
  };
}

/** One of the copies that an include comes to. */
export interface Copy {
  readonly source: IncludeSource;
  readonly included: Included;
  readonly frame: Frame;
  readonly label?: string;
}

/** What an include comes to on a host; the same in a check before the run, where what is not known makes it unknown as a whole. */
export async function copiesOf(
  include: Include,
  variables: Variables,
  frame: Frame | undefined,
  isHandler: boolean,
): Promise<readonly Copy[] | UnknownValue> {
  const { loop } = include;
  const items = loop === undefined ? [undefined] : itemsOf(loop, variables, include);
  if (items instanceof UnknownValue) return items;
  const copies: Copy[] = [];
  for (const [number, item] of items.entries()) {
    const layer = loop === undefined ? undefined : layerOfItem(loop, item, number);
    const own = layer === undefined ? variables : variables.with(layer);
    const wanted = allHold(include.when, own);
    if (wanted instanceof UnknownValue) return wanted;
    if (!wanted) continue;
    const source = sourceOf(include, own);
    if (source instanceof UnknownValue) return source;
    const label = loop === undefined ? undefined : (labelOf(loop, own) ?? String(item));
    copies.push({
      source,
      included: include.included ?? (await include.read(source)),
      frame: frameOf(include, number, layer?.values ?? {}, frame, isHandler),
      ...(label === undefined ? {} : { label }),
    });
  }
  return copies;
}

/** For what is known to be brought in, but not how often, nor for which items. */
export const unknownCopy = (
  include: Include,
  included: Included,
  unknown: UnknownValue,
  frame: Frame | undefined,
  isHandler: boolean,
): Copy => {
  const { loop, source } = include;
  const values = loop === undefined ? {} : layerOfItem(loop, unknown, 0).values;
  return { source: source.value, included, frame: frameOf(include, 0, values, frame, isHandler) };
};

/** Rendered. Throws what is wrong with its templates, and `playbook.wrong_value` for what is no text. */
function sourceOf({ source, at }: Include, variables: Variables): IncludeSource | UnknownValue {
  const rendered = render(source, variables);
  if (rendered instanceof UnknownValue) return rendered;
  const entries = Object.entries(rendered as IncludeSource);
  for (const [key, value] of entries) {
    if (typeof value === 'string' && value !== '') continue;
    throw wrongKeywordValue(key, 'text', describeValue(value), { at: source.locate([key]) ?? at });
  }
  return Object.fromEntries(entries);
}

/** As deep as no playbook goes that means to end. */
const deepest = 100;

/** Throws `playbook.include_too_deep`. */
function frameOf(
  include: Include,
  number: number,
  values: VariableTexts,
  frame: Frame | undefined,
  isHandler: boolean,
): Frame {
  const depth = (frame?.depth ?? 0) + 1;
  if (depth > deepest) throw includeTooDeep(include.name.value, deepest, { at: include.at });
  const item: TaskVars = { ...include.item, value: values };
  return {
    index: include.index,
    position: [...include.position, number],
    items: new Map([...(frame?.items ?? []), [include.item, item]]),
    depth,
    isHandler: isHandler || (frame?.isHandler ?? false),
  };
}
