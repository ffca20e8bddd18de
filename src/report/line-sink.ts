/** Where a reader writes its lines. */
export interface LineSink {
  /** One or more whole lines, without the last line break. Never throws. */
  write(text: string): void;
}

interface Writable {
  write(text: string): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Lines to a stream, each given to the system as it comes. When the other side is gone (`| head`, a closed terminal)
 * the sink writes nothing more: a run must restore what it holds, also when its output is not read.
 */
export function streamSink(stream: Writable): LineSink {
  let open = true;
  stream.on('error', () => {
    open = false;
  });
  return {
    write(text) {
      if (open) stream.write(`${text}\n`);
    },
  };
}

/** Lines kept in memory, for tests and for what is shown later. */
export function memorySink(): LineSink & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  return {
    lines,
    write(text) {
      lines.push(...text.split('\n'));
    },
  };
}
