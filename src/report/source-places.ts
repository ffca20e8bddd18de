import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Says where in the sources a line of a stack is, when the file that it names has a source map beside it; else gives the line as it is. The
 * maps are read only here, for a bug: Node's own support for them would read all of them at every start.
 */
export const inSources = (line: string): string =>
  line.replace(
    /(file:\/\/[^\s()]+):(\d+):(\d+)/,
    (place: string, url: string, row: string, column: string) => {
      const origin = mapOf(url)?.findOrigin(Number(row), Number(column));
      if (origin === undefined || !('fileName' in origin)) return place;
      const file = origin.fileName.replace(/^.*(?=node_modules\/)|^(\.\.\/)+/, '');
      return `${file}:${origin.lineNumber}:${origin.columnNumber}`;
    },
  );

function mapOf(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
