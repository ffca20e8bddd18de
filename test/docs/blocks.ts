import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../stages/adfpush.js';

/** A block of code in a page. */
export interface Block {
  /** `docs/tasks.md`. */
  readonly page: string;
  /** As it stands behind the fence: `yaml`. */
  readonly language: string;
  readonly text: string;
  /** Its page, and its number there among those of its language: `docs/tasks.md yaml 1`. */
  readonly name: string;
}

/** README.md and all pages of docs. */
export const pages: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
].sort();

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The blocks of a page that name their language. */
export function blocksOf(page: string): readonly Block[] {
  const counts = new Map<string, number>();
  return [...textOf(page).matchAll(/^( *)```(\w+)\n([^]*?)^ *```$/gm)].map(
    ([, indent = '', language = '', text = '']) => {
      const count = (counts.get(language) ?? 0) + 1;
      counts.set(language, count);
      const plain = text.replace(new RegExp(`^${indent}`, 'gm'), '');
      return { page, language, text: plain, name: `${page} ${language} ${count}` };
    },
  );
}

/** What stands between backticks in the text of a page, blocks left out. */
export const codeSpansOf = (page: string): readonly string[] =>
  textOf(page)
    .replace(/^ *```[^]*?^ *```$/gm, '')
    .split(/\n{2,}/)
    .flatMap((paragraph) => [...paragraph.matchAll(/(`+)(.+?)\1/gs)])
    .map(([, , text = '']) => text.replaceAll(/\s+/g, ' '));

/** All blocks of all pages in one language. */
export const blocksIn = (language: string): readonly Block[] =>
  pages.flatMap(blocksOf).filter((block) => block.language === language);
