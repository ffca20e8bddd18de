import { commandComesFirst, incompleteCommand, unknownCommand } from '../errors/cli.js';
import { nearest } from '../errors/nearest.js';

/** What the words of a command line ask for. Names of commands and topics are as they are typed: `inventory list`. */
export type Asked =
  | { readonly kind: 'command'; readonly name: string; readonly words: readonly string[] }
  /** Of a command or a topic; of the whole program where it has no name. */
  | { readonly kind: 'help'; readonly name?: string }
  | { readonly kind: 'version' };

const helpFlags = ['--help', '-h'];

/**
 * Finds the command at the beginning of the words, and what it is given. `commands` are the names of all. Throws `cli.unknown_command`,
 * `cli.incomplete_command`, `cli.command_first`.
 */
export function readCommandLine(words: readonly string[], commands: readonly string[]): Asked {
  const [first, ...others] = words;
  if (first === undefined) return { kind: 'help' };
  if (first === '--version' || (words.length === 1 && /^-v$/i.test(first))) return { kind: 'version' };
  if (first === 'help' || helpFlags.includes(first)) return helpOf(others, commands);
  if (first.startsWith('-')) throw commandComesFirst(words, commandWithin(words, commands), commands);
  const { name, rest } = nameAtStart(words, commands);
  const own = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (own.some((word) => helpFlags.includes(word))) return { kind: 'help', name };
  if (commands.includes(name)) return { kind: 'command', name, words: rest };
  if (rest.length === 0) return { kind: 'help', name };
  throw incompleteCommand(name, ofTopic(name, commands));
}

function helpOf(words: readonly string[], commands: readonly string[]): Asked {
  const named = words.filter((word) => !word.startsWith('-'));
  return named.length === 0 ? { kind: 'help' } : { kind: 'help', name: nameAtStart(named, commands).name };
}

/** A command or a topic, and the words after it. */
function nameAtStart(
  words: readonly string[],
  commands: readonly string[],
): { readonly name: string; readonly rest: readonly string[] } {
  const [first = '', second] = words;
  const inTopic = ofTopic(first, commands);
  const name = `${first} ${second ?? ''}`;
  if (inTopic.includes(name)) return { name, rest: words.slice(2) };
  if (commands.includes(first)) return { name: first, rest: words.slice(1) };
  if (inTopic.length === 0) throw unknown(first, commands);
  if (second === undefined || second.startsWith('-')) return { name: first, rest: words.slice(1) };
  throw unknown(name, commands);
}

const ofTopic = (topic: string, commands: readonly string[]): readonly string[] =>
  commands.filter((name) => name.startsWith(`${topic} `));

function unknown(given: string, commands: readonly string[]) {
  const candidates = [...commands, ...commands.map((name) => name.split(' ')[0] ?? name)];
  return unknownCommand(given, commands, nearest(given, candidates));
}

/** The words with the command that is among them in front: how they were probably meant. */
function commandWithin(words: readonly string[], commands: readonly string[]): readonly string[] | undefined {
  for (const [at, word] of words.entries()) {
    const size = commands.includes(`${word} ${words[at + 1] ?? ''}`) ? 2 : commands.includes(word) ? 1 : 0;
    if (size > 0) return [...words.slice(at, at + size), ...words.slice(0, at), ...words.slice(at + size)];
  }
  return undefined;
}
