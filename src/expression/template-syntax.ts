import Handlebars from 'handlebars';
import { AdfError, type ErrorPlace } from '../errors/adf-error.js';
import { throwAll } from '../errors/diagnostics.js';
import {
  templateSyntax,
  unknownBlock,
  unknownFunction,
  unknownOption,
  wrongArgument,
} from '../errors/expression.js';
import { jinjaIn } from './jinja/template.js';
import { templateFunctions } from './template-functions.js';
import { explainSyntaxError } from './template-traps.js';
import type { PlaceOf } from './place.js';

/** A template as it is evaluated: Handlebars' own tree, checked, and reduced to what adfpush allows. */
export interface Template {
  readonly parts: readonly TemplatePart[];
}

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly value: TemplateExpression; readonly raw: boolean }
  | {
      readonly kind: 'if';
      readonly condition: TemplateExpression;
      readonly negated: boolean;
      readonly then: readonly TemplatePart[];
      readonly otherwise: readonly TemplatePart[];
    }
  | {
      readonly kind: 'each' | 'with';
      readonly of: TemplateExpression;
      /** The names of `as |item key|`. */
      readonly names: readonly string[];
      readonly body: readonly TemplatePart[];
      readonly otherwise: readonly TemplatePart[];
    };

export type TemplateExpression =
  | { readonly kind: 'literal'; readonly value: unknown; readonly written: string; readonly offset: number }
  | PathExpression
  | {
      readonly kind: 'call';
      readonly name: string;
      readonly args: readonly TemplateExpression[];
      /** Values that are given by name, `reverse=true`. */
      readonly options: readonly { readonly name: string; readonly value: TemplateExpression }[];
      readonly written: string;
      readonly offset: number;
    };

export interface PathExpression {
  readonly kind: 'path';
  /** As the author wrote it, `container.ports`. */
  readonly written: string;
  readonly parts: readonly string[];
  /** Scopes to go up: the number of `../`. */
  readonly depth: number;
  /** `@index`, `@root` and the like. */
  readonly data: boolean;
  /** Begins with `this` or `./`: never a name of `as |name|`. */
  readonly scoped: boolean;
  readonly offset: number;
}

// An environment of our own, so that no other helpers or partials are seen here. It only parses: a template
// is evaluated over its tree, so that no code is generated from it and values keep their types.
const handlebars = Handlebars.create();

/** The limit is about memory, not correctness: a project has a few hundred templates. */
const cache = new Map<string, Template>();
const cacheLimit = 10_000;

/**
 * Parses a template, or gives the one parsed before. Throws `template.syntax`, `template.unknown_function`,
 * `template.unknown_block` and `template.wrong_argument` with the place given by `placeOf`.
 */
export function parseTemplate(text: string, placeOf: PlaceOf): Template {
  const cached = cache.get(text);
  if (cached !== undefined) return cached;
  const template = readTemplate(text, placeOf);
  if (cache.size >= cacheLimit) cache.clear();
  cache.set(text, template);
  return template;
}

/** Reports all Jinja of a template at once, instead of one Handlebars error after the other. */
function readTemplate(text: string, placeOf: PlaceOf): Template {
  if (mayHaveBlocks(text)) refuseJinja(text, placeOf);
  try {
    return new TemplateReader(text, placeOf).read();
  } catch (error) {
    if (error instanceof AdfError) refuseJinja(text, placeOf);
    throw error;
  }
}

/** Whether a text may hold what Jinja takes for a block or a comment, and Handlebars passes on as it is. */
const mayHaveBlocks = (text: string): boolean => /\{%|(?<![{$])\{#/.test(text);

/** Throws `template.syntax` for each part of a text that is Jinja, with what it is here. */
export function refuseJinja(text: string, placeOf: PlaceOf): void {
  throwAll(
    jinjaIn(text, isTemplate).map(({ offset, written, here, isOurs }) =>
      templateSyntax(
        isOurs
          ? `${shortened(written)} is inside a loop, where a name is one of the element`
          : `${shortened(written)} is Jinja, not Handlebars`,
        placeOf(offset),
        'text' in here ? `Write ${here.text}.` : here.reason,
      ),
    ),
  );
}

const isTemplate = (tag: string): boolean => {
  try {
    new TemplateReader(tag, () => ({})).read();
    return true;
  } catch (error) {
    if (error instanceof AdfError) return false;
    throw error;
  }
};

function shortened(written: string): string {
  const line = written.replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

const blocks = ['if', 'unless', 'each', 'with'];

class TemplateReader {
  readonly #text: string;
  readonly #placeOf: PlaceOf;
  readonly #lineStarts: readonly number[];

  constructor(text: string, placeOf: PlaceOf) {
    this.#text = text;
    this.#placeOf = placeOf;
    this.#lineStarts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  read(): Template {
    return { parts: this.#parts(this.#parse()) };
  }

  #parse(): hbs.AST.Program {
    try {
      return handlebars.parse(this.#text);
    } catch (error) {
      const { offset, reason, hint } = explainSyntaxError(this.#text, error);
      throw templateSyntax(reason, this.#placeOf(offset), hint);
    }
  }

  #parts(program: hbs.AST.Program | undefined | null): readonly TemplatePart[] {
    return (program?.body ?? []).flatMap((statement) => this.#part(statement));
  }

  #part(node: hbs.AST.Statement): readonly TemplatePart[] {
    if (isContent(node)) return node.value === '' ? [] : [{ kind: 'text', text: node.value }];
    if (isMustache(node)) return [{ kind: 'value', value: this.#invocation(node), raw: !node.escaped }];
    if (isBlock(node)) return this.#block(node);
    if (node.type === 'CommentStatement') return [];
    throw templateSyntax(
      'partials and decorators ({{> …}}, {{* …}}) are not supported',
      this.#place(node),
      'Put the text itself here, or into a variable.',
    );
  }

  #block(node: hbs.AST.BlockStatement): readonly TemplatePart[] {
    const name = node.path.original;
    if (name === 'raw') return this.#parts(node.program);
    if (!blocks.includes(name)) throw unknownBlock(name, blocks, this.#place(node.path));
    const [subject] = node.params;
    if (subject === undefined || node.params.length > 1) {
      throw wrongArgument(`#${name}`, 'takes one value', `#${name} value`, this.#place(node));
    }
    this.#refuseNamedArguments(node.hash, name);
    const value = this.#expression(subject);
    const then = this.#parts(node.program);
    const otherwise = this.#parts(node.inverse);
    if (name === 'if' || name === 'unless') {
      return [{ kind: 'if', condition: value, negated: name === 'unless', then, otherwise }];
    }
    const names = blockParameters(node.program);
    return [{ kind: name === 'each' ? 'each' : 'with', of: value, names, body: then, otherwise }];
  }

  /** What stands in a mustache or in parentheses: a value when it is alone, a function when something follows. */
  #invocation(node: hbs.AST.MustacheStatement | hbs.AST.SubExpression): TemplateExpression {
    const alone = node.params.length === 0 && node.type === 'MustacheStatement';
    if (!isPath(node.path) && node.params.length > 0) {
      throw templateSyntax(
        `${this.#written(node)} is a value with others behind it, and a function comes first`,
        this.#place(node.path),
        'Write {{ value }}, or {{ function value other }}.',
      );
    }
    if (alone || !isPath(node.path)) {
      this.#refuseNamedArguments(node.hash, 'a value');
      return this.#expression(node.path);
    }
    const { original: name } = node.path;
    const place = this.#place(node.path);
    const called = templateFunctions.get(name);
    if (called === undefined) throw unknownFunction(name, [...templateFunctions.keys()], place);
    const args = node.params.map((param) => this.#expression(param));
    const [least, most] = called.takes;
    if (args.length < least || args.length > most) {
      throw wrongArgument(name, `got ${args.length} values`, called.usage, place);
    }
    if (called.literal === true && !args.every(isText)) {
      throw wrongArgument(name, 'takes names in quotes, written out', called.usage, place);
    }
    const options = this.#options(node.hash, name, called.options ?? []);
    return {
      kind: 'call',
      name,
      args,
      options,
      written: this.#written(node),
      offset: this.#offset(node.path),
    };
  }

  #options(
    hash: hbs.AST.Hash | undefined,
    called: string,
    known: readonly string[],
  ): readonly { readonly name: string; readonly value: TemplateExpression }[] {
    return (hash?.pairs ?? []).map((pair) => {
      if (!known.includes(pair.key)) throw unknownOption(pair.key, called, known, this.#place(pair));
      return { name: pair.key, value: this.#expression(pair.value) };
    });
  }

  #expression(node: hbs.AST.Expression): TemplateExpression {
    if (isSubExpression(node)) return this.#invocation(node);
    const offset = this.#offset(node);
    const written = this.#written(node);
    if (isPath(node)) {
      return {
        kind: 'path',
        written: node.original,
        parts: node.parts,
        depth: node.depth,
        data: node.data,
        scoped: /^(this\b|\.\/|\.$)/.test(node.original),
        offset,
      };
    }
    if (isLiteral(node)) return { kind: 'literal', value: node.value, written, offset };
    return { kind: 'literal', value: null, written, offset };
  }

  #refuseNamedArguments(hash: hbs.AST.Hash | undefined, name: string): void {
    const [first] = hash?.pairs ?? [];
    if (first === undefined) return;
    throw templateSyntax(
      `${name} takes no named values such as ${first.key}=…`,
      this.#place(first),
      'Give the value alone.',
    );
  }

  #offset({ loc: { start } }: hbs.AST.Node): number {
    return (this.#lineStarts[start.line - 1] ?? 0) + start.column;
  }

  #place(node: hbs.AST.Node): ErrorPlace {
    return this.#placeOf(this.#offset(node));
  }

  #written({ loc: { start, end } }: hbs.AST.Node): string {
    const at = (line: number, column: number): number => (this.#lineStarts[line - 1] ?? 0) + column;
    const source = this.#text.slice(at(start.line, start.column), at(end.line, end.column));
    return source.replace(/^\{\{\{?[~&]?|~?\}\}\}?$/g, '').trim();
  }
}

const isText = (expression: TemplateExpression): boolean =>
  expression.kind === 'literal' && typeof expression.value === 'string' && expression.value !== '';

const blockParameters = (program: hbs.AST.Program | undefined | null): readonly string[] =>
  program?.blockParams ?? [];

const isContent = (node: hbs.AST.Node): node is hbs.AST.ContentStatement => node.type === 'ContentStatement';
const isMustache = (node: hbs.AST.Node): node is hbs.AST.MustacheStatement =>
  node.type === 'MustacheStatement';
const isBlock = (node: hbs.AST.Node): node is hbs.AST.BlockStatement => node.type === 'BlockStatement';
const isPath = (node: hbs.AST.Node): node is hbs.AST.PathExpression => node.type === 'PathExpression';
const isSubExpression = (node: hbs.AST.Node): node is hbs.AST.SubExpression => node.type === 'SubExpression';
const isLiteral = (
  node: hbs.AST.Node,
): node is hbs.AST.StringLiteral | hbs.AST.NumberLiteral | hbs.AST.BooleanLiteral =>
  ['StringLiteral', 'NumberLiteral', 'BooleanLiteral'].includes(node.type);
