import type { Maker } from '../engine/index.js';
import type { Place } from '../model/source.js';
import { UnknownValue } from '../model/unknown.js';

type Arguments = Readonly<Record<string, unknown>>;

/** Makes files and folders below a place, or at it. */
const intoFolders = ['copy', 'template'];
const commands = ['command', 'shell', 'script'];

/**
 * What a task may put on a host, from its rendered arguments; undefined for a task that puts nothing there. Of a command nobody knows what
 * it does: it may make each path that it names.
 */
export function makerOf(module: string, args: unknown, task: string, at: Place): Maker | undefined {
  if (![...intoFolders, ...commands, 'file'].includes(module)) return undefined;
  if (args instanceof UnknownValue) return { task, at, mayMake: () => true };
  if (typeof args !== 'object' || args === null) return undefined;
  const mayMake = makes(module, args as Arguments);
  return mayMake === undefined ? undefined : { task, at, mayMake };
}

function makes(module: string, args: Arguments): Maker['mayMake'] | undefined {
  if (commands.includes(module)) {
    const text = JSON.stringify(args);
    return (path) => text.includes(path);
  }
  const place = args['dest'] ?? args['path'];
  if (place instanceof UnknownValue) return () => true;
  if (typeof place !== 'string') return undefined;
  if (intoFolders.includes(module)) return (path) => isWithin(path, place) || isWithin(place, path);
  // A folder is made with those above it; a file is not.
  const state = args['state'];
  const makesIt = state === 'directory' || state === 'link' || state === 'touch';
  return makesIt ? (path) => isWithin(place, path) : undefined;
}

/** It is that place, or somewhere below it. */
const isWithin = (path: string, place: string): boolean => {
  const folder = place.replace(/\/+$/, '');
  return path.replace(/\/+$/, '') === folder || path.startsWith(`${folder}/`);
};
