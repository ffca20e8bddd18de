/** What terminals and kernels put into a console's text: escape sequences, and carriage returns at its lines' ends. */
// eslint-disable-next-line no-control-regex -- escape sequences begin with a control character.
const escapes = /\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])|\r/g;

/**
 * What may stand before a line of cloud-init: the kernel's clock (`[   12.345678]`), the priority and date of a logger (`<14>Nov 21
 * 10:32:48`), and its own names (`cloud-init[1234]:`, `ci-info:`, `ec2:`).
 */
const before =
  /^\s*(?:<\d{1,3}>)?\s*(?:\[\s*\d+\.\d+\])?\s*(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?\s*(?:(?:cloud-init(?:\[\d+\])?|ci-info|ec2):)?\s*/;

const begin = '-----BEGIN SSH HOST KEY KEYS-----';
const end = '-----END SSH HOST KEY KEYS-----';
const key = /^([a-z][a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: .*)?$/;

/**
 * The keys of each whole block that cloud-init printed, as sorted lines of `type base64`. A block that was begun anew, cut off at
 * either end of the text, or without keys is none; lines of others in between are passed over.
 */
export function hostKeyBlocks(console: string): readonly (readonly string[])[] {
  const blocks: (readonly string[])[] = [];
  let open: Set<string> | undefined;
  for (const raw of console.replace(escapes, '').split('\n')) {
    const line = raw.replace(before, '').trimEnd();
    if (line === begin) {
      open = new Set();
    } else if (line === end) {
      if (open !== undefined && open.size > 0) blocks.push([...open].sort());
      open = undefined;
    } else {
      const [, type, base64] = key.exec(line) ?? [];
      if (type !== undefined && base64 !== undefined) open?.add(`${type} ${base64}`);
    }
  }
  return blocks;
}
