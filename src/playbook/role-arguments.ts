import { unknownArgument, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { defined } from '../model/defined.js';
import type { MappingReader } from './mapping-reader.js';
import type { Include, IncludeSource } from './playbook.js';

/** Which role is read, and which of its files where that is not `main`. */
export interface RoleFiles {
  readonly name: string;
  readonly tasks?: string;
  readonly handlers?: string;
  readonly vars?: string;
  readonly defaults?: string;
}

/** The arguments of `import_role` and `include_role`. */
export interface RoleArguments {
  readonly source: Include['source'];
  /** Tasks after it see its variables. */
  readonly isPublic: boolean;
  /** It runs also where the same role ran already. */
  readonly mayRepeat: boolean;
  /** What tells this use of the role from others. */
  readonly own: unknown;
}

const fileArguments = ['name', 'tasks_from', 'handlers_from', 'vars_from', 'defaults_from'] as const;
/** What a role says of its arguments (`meta/argument_specs.yml`) is documentation here, so that there is nothing to switch off. */
const others = ['apply', 'public', 'allow_duplicates', 'rolespec_validate'];

/** Undefined when it names no role. All that is wrong is reported. */
export function readRoleArguments(module: string, node: MappingReader): RoleArguments | undefined {
  const given = node.value(module);
  if (!isMapping(given)) {
    const hint = `Write ${module}: { name: … }.`;
    const place = node.placeOfKey(module);
    node.report(wrongKeywordValue(module, 'a mapping', describeValue(given), place, hint));
    return undefined;
  }
  const args = node.within(module);
  const known = [...fileArguments, ...others];
  for (const key of args.keys.filter((one) => !known.includes(one)))
    args.report(unknownArgument(key, module, known, args.placeOfKey(key)));
  const source = Object.fromEntries(
    fileArguments.flatMap((key) => {
      const text = args.rawText(key);
      return text === undefined ? [] : [[key, text.value]];
    }),
  );
  if (source['name'] === undefined || source['name'] === '') {
    args.report(wrongKeywordValue('name', 'the name of a role', 'nothing', node.placeOfKey(module)));
    return undefined;
  }
  return {
    source: { value: source, locate: args.locate },
    isPublic: args.boolean('public', false),
    mayRepeat: args.boolean('allow_duplicates', true),
    own: [node.value('vars'), node.value('when'), node.value('tags')],
  };
}

/** As they were given, rendered. */
export function roleFiles(source: IncludeSource): RoleFiles {
  const text = (key: (typeof fileArguments)[number]): string | undefined => {
    const value = source[key];
    return typeof value === 'string' ? value : undefined;
  };
  const [tasks, handlers] = [text('tasks_from'), text('handlers_from')];
  const [vars, defaults] = [text('vars_from'), text('defaults_from')];
  return { name: text('name') ?? '', ...defined({ tasks, handlers, vars, defaults }) };
}
