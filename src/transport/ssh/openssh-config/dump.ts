/** What `ssh -G` prints: keywords in lower case, each with its values line by line. */
export type Dump = ReadonlyMap<string, readonly string[]>;

export function parseDump(text: string): Dump {
  const dump = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, keyword, value] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (keyword === undefined || value === undefined) continue;
    const values = dump.get(keyword.toLowerCase());
    if (values === undefined) dump.set(keyword.toLowerCase(), [value]);
    else values.push(value);
  }
  return dump;
}

/** What a dump says beyond `defaults`, which is what the same ssh says without any configuration. */
export function beyond(defaults: Dump, dump: Dump): Dump {
  const isDefault = (keyword: string, values: readonly string[]): boolean =>
    defaults.get(keyword)?.join('\n') === values.join('\n');
  return new Map([...dump].filter(([keyword, values]) => !isDefault(keyword, values)));
}
