import { unknownKeyword, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import type { ValuePath } from '../model/source.js';
import type { OpenFile } from './files.js';
import { hintForKeyword } from './ansible-keywords.js';
import { inheritedBelow } from './inherited.js';
import { importKinds, readImport } from './import-reader.js';
import { includeModules, readInclude } from './include-reader.js';
import { blockKeywords, elsewhereInTasks, handlerKeywords } from './keywords.js';
import { MappingReader } from './mapping-reader.js';
import { leaves, type Block, type Handler, type Inherited, type TaskNode } from './playbook.js';
import type { Reading } from './reading.js';
import { readTask } from './task-reader.js';

/** Reads the tasks of one file, and counts them. All that is wrong is reported; what is too wrong is left out. */
export class TreeReader {
  constructor(
    readonly file: OpenFile,
    readonly reading: Reading,
  ) {}

  /** Reads the tasks of another file. */
  of(file: OpenFile, reading = this.reading): TreeReader {
    return new TreeReader(file, reading);
  }

  /** The nodes below a keyword that is a list of tasks; none when it is absent. */
  async nodes(parent: MappingReader, key: string, above: Inherited): Promise<readonly TaskNode[]> {
    const nodes: TaskNode[] = [];
    for (const [item, value] of this.#listOf(parent, key).entries()) {
      nodes.push(...(await this.#node(value, [...parent.pathOf(key), item], above)));
    }
    return nodes;
  }

  /** The nodes of a file that is a list of tasks; none when it is empty. */
  async all(above: Inherited): Promise<readonly TaskNode[]> {
    const nodes: TaskNode[] = [];
    for (const [item, value] of this.#allOf('tasks').entries()) {
      nodes.push(...(await this.#node(value, [item], above)));
    }
    return nodes;
  }

  /** The handlers of the play; undefined names in `notify` are told by `refuseUnknownHandlers`. */
  async handlers(play: MappingReader, above: Inherited): Promise<readonly Handler[]> {
    const handlers: Handler[] = [];
    for (const [item, value] of this.#listOf(play, 'handlers').entries()) {
      handlers.push(...(await this.#handler(value, [...play.pathOf('handlers'), item], above)));
    }
    return handlers;
  }

  /** The handlers of a file that is a list of them. */
  async allHandlers(above: Inherited): Promise<readonly Handler[]> {
    const handlers: Handler[] = [];
    for (const [item, value] of this.#allOf('handlers').entries()) {
      handlers.push(...(await this.#handler(value, [item], above)));
    }
    return handlers;
  }

  async #handler(value: unknown, path: ValuePath, above: Inherited): Promise<readonly Handler[]> {
    if (!this.#isTask(value, path)) return [];
    if (Object.hasOwn(value, 'block')) {
      const hint = 'Let each of its tasks listen to the same word: "listen: restart all".';
      this.reading.diagnostics.report(
        wrongKeywordValue('handler', 'a task', 'a block', this.file.document.placeOf(path), hint),
      );
      return [];
    }
    const listen = new MappingReader(this.file.document, value, path).words('listen');
    // What a file brings in are handlers, each by its own name.
    const nodes = await this.#node(value, path, above, handlerKeywords);
    return leaves(nodes).map((handler) => ({ ...handler, listen }));
  }

  async #node(
    value: unknown,
    path: ValuePath,
    above: Inherited,
    keywords?: readonly string[],
  ): Promise<readonly TaskNode[]> {
    const { document } = this.file;
    if (!this.#isTask(value, path)) return [];
    const node = new MappingReader(document, value, path);
    if (Object.hasOwn(value, 'block')) return [await this.#block(node, above)];
    const imported = importKinds.find((kind) => Object.hasOwn(value, kind));
    if (imported !== undefined) return readImport(imported, node, above, this);
    const included = includeModules.find((module) => Object.hasOwn(value, module));
    const given = { ...above, ...this.reading.numbering.next() };
    const leaf =
      included === undefined
        ? readTask(document, value, path, this.reading.modules, given, keywords)
        : await readInclude(included, node, given, this, keywords === handlerKeywords);
    return leaf === undefined ? [] : [leaf];
  }

  #listOf(parent: MappingReader, key: string): readonly unknown[] {
    const read = (value: unknown): readonly unknown[] | undefined =>
      Array.isArray(value) ? value : undefined;
    const hint = `Begin each task with a dash: "- shell: uptime".`;
    return parent.read(key, 'a list of tasks', read, hint) ?? [];
  }

  #allOf(what: 'tasks' | 'handlers'): readonly unknown[] {
    const { document } = this.file;
    const { value } = document;
    if (value === null) return [];
    if (Array.isArray(value)) return value;
    const hint = 'Begin each task with a dash: "- shell: uptime".';
    const place = document.placeOf([]);
    this.reading.diagnostics.report(
      wrongKeywordValue(document.file, `a list of ${what}`, describeValue(value), place, hint),
    );
    return [];
  }

  #isTask(value: unknown, path: ValuePath): value is Readonly<Record<string, unknown>> {
    if (isMapping(value)) return true;
    const { document } = this.file;
    const hint = 'A task is a mapping with a module: "- shell: uptime".';
    document.diagnostics.report(
      wrongKeywordValue('task', 'a mapping', describeValue(value), document.placeOf(path), hint),
    );
    return false;
  }

  async #block(block: MappingReader, above: Inherited): Promise<Block> {
    this.#refuseUnknownKeywords(block);
    if (block.value('block') === undefined) {
      const place = this.file.document.placeOfKey(block.pathOf('block'));
      block.report(wrongKeywordValue('block', 'a list of tasks', 'nothing', place));
    }
    const inherited = inheritedBelow(block, above);
    const isRescued = above.isRescued || block.value('rescue') !== undefined;
    return {
      kind: 'block',
      nodes: await this.nodes(block, 'block', { ...inherited, isRescued }),
      rescue: await this.nodes(block, 'rescue', inherited),
      always: await this.nodes(block, 'always', inherited),
    };
  }

  #refuseUnknownKeywords(block: MappingReader): void {
    for (const key of block.keys) {
      if (blockKeywords.some((keyword) => keyword === key)) continue;
      const hint =
        this.reading.modules.get(key) === undefined
          ? (hintForKeyword(key, 'block') ?? elsewhereInTasks[key])
          : `${key} is a module: make it a task of the block, below "block:".`;
      const place = this.file.document.placeOfKey(block.pathOf(key));
      block.report(unknownKeyword(key, 'a block', blockKeywords, place, hint));
    }
  }
}
