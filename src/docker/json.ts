/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: who reads the value will say so, or show the text as it is.
    return undefined;
  }
}
