import { expect } from 'vitest';

/** Any text with this in it; typed, as vitest's own matcher is not. */
export const containing = (text: string): unknown => expect.stringContaining(text);

/** Any text that the pattern fits. */
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
