import { unknownModuleName } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import type { ArgumentDocument, ModuleDocument } from '../model/module-document.js';
import { modules as packaged } from '../modules/catalogue.js';
import type { Effect, ModulesByName, RegisteredModule } from '../modules/module.js';
import { describeKeys } from './describe-schema.js';

/** What is known of all modules, in alphabetical order. */
export const moduleDocuments = (modules: ModulesByName = packaged): readonly ModuleDocument[] =>
  [...modules.values()].map(documentOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** What is known of one module. Throws `cli.unknown_module` with the nearest name. */
export function moduleDocument(name: string, modules: ModulesByName = packaged): ModuleDocument {
  const module = modules.get(name);
  if (module === undefined) throw unknownModuleName(name, [...modules.keys()].sort());
  return documentOf(module);
}

function documentOf(module: RegisteredModule): ModuleDocument {
  const { name, docs, effect, freeform, schema } = module;
  const keys = describeKeys(schema, name);
  return {
    name,
    summary: docs?.summary ?? '',
    effect,
    changes: changesOf(module),
    checkMode: checkModeOf(module),
    ...defined({ bareValue: freeform }),
    anyArguments: keys.length === 0,
    arguments: keys.map(({ means, name: argument, ...key }): ArgumentDocument => ({
      name: argument,
      ...key,
      description: means,
    })),
    examples: docs?.examples ?? [],
  };
}

const effects: Readonly<Record<Effect, string>> = {
  reads: 'Changes nothing.',
  restorable:
    'What it changes is put back when the turn of its host fails: what was there is recorded first.',
  idempotent:
    'Changes what differs from what is asked for, so that a second run changes nothing. It is not put back when the turn of its host fails.',
  one_way: 'What it changes is not known beforehand, and is not put back when the turn of its host fails.',
};

function changesOf({ effect, takesHostOut, where }: RegisteredModule): string {
  return [
    effects[effect],
    ...(where === 'cloud' ? ['The change is made at AWS, not on the host.'] : []),
    ...(takesHostOut
      ? ['The host may be out of service meanwhile, so a play with it keeps to `min_healthy`.']
      : []),
  ].join(' ');
}

function checkModeOf({ effect, looksAtHost, setsFacts }: RegisteredModule): string {
  if (effect === 'one_way') return 'Not run: its result is unknown in what follows.';
  if (effect !== 'reads') return 'Looks at the host, tells what would change, and changes nothing.';
  if (setsFacts) return 'Runs as ever.';
  return looksAtHost
    ? 'Runs as ever; its result is unknown once an earlier task would have changed the host.'
    : 'Runs as ever, as far as what it reads is known.';
}
