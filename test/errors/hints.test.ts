import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Parser } from '@oclif/core';
import typescript from 'typescript';
import { describe, expect, it } from 'vitest';
import { commands as table } from '../../src/commands/table.js';
import { modules } from '../../src/modules/catalogue.js';
import { schemaKinds, schemaOf } from '../../src/reference/json-schema/schemas.js';
import { blockKeywords, playKeywords, taskKeywords } from '../../src/playbook/keywords.js';
import { root } from '../stages/adfpush.js';

interface Text {
  readonly where: string;
  /** What is filled in stands as VALUE. */
  readonly text: string;
}

/** Every text of the catalogue of errors, templates too. Texts that are joined by + are one. */
function textsOf(file: string): readonly Text[] {
  const path = join(root, 'src/errors', file);
  const source = typescript.createSourceFile(
    file,
    readFileSync(path, 'utf8'),
    typescript.ScriptTarget.Latest,
    true,
  );
  const found: Text[] = [];
  const add = (node: typescript.Node, text: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push({ where: `${file}:${line + 1}`, text });
  };
  const visit = (node: typescript.Node): void => {
    if (typescript.isImportDeclaration(node)) return;
    if (typescript.isStringLiteralLike(node)) add(node, node.text);
    if (typescript.isTemplateExpression(node))
      add(node, node.head.text + node.templateSpans.map(({ literal }) => `VALUE${literal.text}`).join(''));
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

const texts = readdirSync(join(root, 'src/errors')).flatMap(textsOf);

/** A command of adfpush that a text names, with the words behind its name, up to where the sentence goes on. */
interface Named {
  readonly where: string;
  readonly id: string;
  readonly words: readonly string[];
}

const commandsIn = ({ where, text }: Text): readonly Named[] =>
  [...text.matchAll(/adfpush ([a-z].*)/g)].flatMap(([, line = '']) => {
    const [first = '', second = '', ...others] = line.split(/[\s`")]+/);
    const name = (word: string): string => word.replace(/[.,;:]+$/, '');
    const id = [`${name(first)}:${name(second)}`, name(first)].find((one) => Object.hasOwn(table, one));
    if (id === undefined) return [];
    const isEnded = name(first) !== first || (id.includes(':') && name(second) !== second);
    const behind = id.includes(':') ? others : [second, ...others];
    return [{ where, id, words: isEnded ? [] : argumentsIn(behind) }];
  });

function argumentsIn(words: readonly string[]): readonly string[] {
  const given: string[] = [];
  for (const word of words) {
    const isArgument =
      word.startsWith('-') || /^(VALUE|[A-Z]+)\b/.test(word) || given.at(-1)?.startsWith('-') === true;
    if (!isArgument) break;
    given.push(word.replace(/[.,;:]+$/, ''));
    if (/[.,;:]$/.test(word)) break;
  }
  return given;
}

const named = texts.flatMap(commandsIn);

/** Words with dots and underscores that are no settings of ours: names of files and folders, values, sites. */
const otherWords: ReadonlySet<string> = new Set([
  'group_vars',
  'host_vars',
  'file.yml',
  'include_role',
  'sshd_config',
  'authorized_keys',
  'ansible_job_id',
  'job.ansible_job_id',
  'create_host_path',
  'health.aws.amazon.com',
]);

const allFlags = new Set(
  Object.values(table).flatMap(({ flags, baseFlags }) =>
    Object.entries({ ...baseFlags, ...flags } as Readonly<
      Record<string, { readonly allowNo?: boolean }>
    >).flatMap(([flag, { allowNo }]) => [`--${flag}`, ...(allowNo === true ? [`--no-${flag}`] : [])]),
  ),
);

/** All names that may be written in the files of a project. */
const settings = new Set<string>([
  ...schemaKinds.flatMap((kind) => namesIn(schemaOf(kind))),
  ...modules.keys(),
  ...playKeywords,
  ...taskKeywords,
  ...blockKeywords,
]);

function namesIn(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === 'properties' ? Object.keys(value as object) : []),
    ...(key === 'enum' ? (value as readonly unknown[]).map(String) : []),
    ...namesIn(value),
  ]);
}

describe('what the catalogue of errors tells to do', () => {
  it('is found', () => {
    expect(named.length).toBeGreaterThan(20);
    expect(settings.size).toBeGreaterThan(200);
  });

  it.each(named)('$where: adfpush $id $words', async ({ id, words }) => {
    const command = table[id as keyof typeof table];
    if (words.length === 0) return;
    const end = words.indexOf('--');
    const { flags } = await Parser.parse([...(end < 0 ? words : words.slice(0, end))], {
      flags: { ...command.baseFlags, ...command.flags } as never,
      args: command.args,
      strict: command.strict,
    });
    if ('env' in { ...command.flags }) expect(flags, 'an environment').toHaveProperty('env');
  });

  it('names no flag that there is not', () => {
    const ofOthers = /\baws [a-z]/;
    const own = texts.filter(({ text, where }) => !ofOthers.test(text) && !where.startsWith('dynamo.ts'));
    const flags = own.flatMap(({ where, text }) =>
      [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => ({ where, flag })),
    );
    expect(flags.filter(({ flag }) => !allFlags.has(flag))).toEqual([]);
  });

  it('names no setting that there is not', () => {
    const sentences = texts.filter(({ text }) => /\w \w/.test(text));
    const words = sentences.flatMap(({ where, text }) =>
      [...text.matchAll(/(?<![\w./<{-])[a-z]+(?:[._][a-z]+)+(?![\w/(-])/g)].flatMap(([word]) => {
        const parts = word.split('.');
        const isSetting = parts.length === 1 || settings.has(parts[0] ?? '');
        return isSetting ? parts.map((name) => ({ where, name, word })) : [];
      }),
    );
    expect(
      words
        .filter(({ name, word }) => !settings.has(name) && !otherWords.has(word))
        .map(({ where, word }) => `${where} ${word}`),
    ).toEqual([]);
  });
});
