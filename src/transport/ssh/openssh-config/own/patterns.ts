/** `*` and `?`, as PATTERNS in ssh_config(5) has them. */
export function matchesPattern(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[\\^$+.()|[\]{}]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** A list with commas between; one that matches after a `!` rules out all others. */
export function matchesList(text: string, list: string): boolean {
  let found = false;
  for (const pattern of list.split(',')) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(text, pattern.slice(1))) return false;
    } else if (matchesPattern(text, pattern)) found = true;
  }
  return found;
}
