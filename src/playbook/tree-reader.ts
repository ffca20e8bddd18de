import { unknownKeyword, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import type { ValuePath } from '../model/source.js';
import type { PlaybookDocument } from './document.js';
import { inheritedBelow } from './inherited.js';
import { blockKeywords, elsewhereInTasks, handlerKeywords, laterInTasks } from './keywords.js';
import { MappingReader } from './mapping-reader.js';
import type { ModuleDirectory } from './modules.js';
import type { Block, Handler, Inherited, TaskNode } from './playbook.js';
import { readTask } from './task-reader.js';

/** Reads the tasks of one play, and counts them. All that is wrong is reported; what is too wrong is left out. */
export class TreeReader {
  #next = 0;

  constructor(
    private readonly document: PlaybookDocument,
    private readonly modules: ModuleDirectory,
  ) {}

  /** The nodes below a keyword that is a list of tasks; none when it is absent. */
  nodes(parent: MappingReader, key: string, above: Inherited): readonly TaskNode[] {
    return this.#listOf(parent, key).flatMap(
      (value, item) => this.#node(value, [...parent.pathOf(key), item], above) ?? [],
    );
  }

  /** The handlers of the play; undefined names in `notify` are told by `refuseUnknownHandlers`. */
  handlers(play: MappingReader, above: Inherited): readonly Handler[] {
    return this.#listOf(play, 'handlers').flatMap((value, item) => {
      const path = [...play.pathOf('handlers'), item];
      if (!this.#isTask(value, path)) return [];
      const given = { ...above, index: this.#next++ };
      const task = readTask(this.document, value, path, this.modules, given, handlerKeywords);
      const listen = new MappingReader(this.document, value, path).words('listen');
      return task === undefined ? [] : [{ ...task, listen }];
    });
  }

  #node(value: unknown, path: ValuePath, above: Inherited): TaskNode | undefined {
    const { document } = this;
    if (!this.#isTask(value, path)) return undefined;
    if (Object.hasOwn(value, 'block')) return this.#block(new MappingReader(document, value, path), above);
    return readTask(document, value, path, this.modules, { ...above, index: this.#next++ });
  }

  #listOf(parent: MappingReader, key: string): readonly unknown[] {
    const read = (value: unknown): readonly unknown[] | undefined =>
      Array.isArray(value) ? value : undefined;
    const hint = `Begin each task with a dash: "- shell: uptime".`;
    return parent.read(key, 'a list of tasks', read, hint) ?? [];
  }

  #isTask(value: unknown, path: ValuePath): value is Readonly<Record<string, unknown>> {
    if (isMapping(value)) return true;
    const { document } = this;
    const hint = 'A task is a mapping with a module: "- shell: uptime".';
    document.diagnostics.report(
      wrongKeywordValue('task', 'a mapping', describeValue(value), document.placeOf(path), hint),
    );
    return false;
  }

  #block(block: MappingReader, above: Inherited): Block {
    this.#refuseUnknownKeywords(block);
    if (block.value('block') === undefined) {
      const place = this.document.placeOfKey(block.pathOf('block'));
      block.report(wrongKeywordValue('block', 'a list of tasks', 'nothing', place));
    }
    const inherited = inheritedBelow(block, above);
    const isRescued = above.isRescued || block.value('rescue') !== undefined;
    return {
      kind: 'block',
      nodes: this.nodes(block, 'block', { ...inherited, isRescued }),
      rescue: this.nodes(block, 'rescue', inherited),
      always: this.nodes(block, 'always', inherited),
    };
  }

  #refuseUnknownKeywords(block: MappingReader): void {
    for (const key of block.keys) {
      if (blockKeywords.some((keyword) => keyword === key)) continue;
      const hint =
        this.modules.get(key) === undefined
          ? (laterInTasks[key] ?? elsewhereInTasks[key])
          : `${key} is a module: make it a task of the block, below "block:".`;
      const place = this.document.placeOfKey(block.pathOf(key));
      block.report(unknownKeyword(key, 'a block', blockKeywords, place, hint));
    }
  }
}
