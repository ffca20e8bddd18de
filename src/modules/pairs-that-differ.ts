/** Of the wanted pairs, those that are otherwise, in words: `label tier web → db`. Further ones that are there do not count. */
export const pairsThatDiffer = (
  what: string,
  found: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): readonly string[] =>
  Object.entries(wanted).flatMap(([name, value]) =>
    found[name] === value ? [] : [`${what} ${name} ${found[name] ?? 'absent'} → ${value}`],
  );
