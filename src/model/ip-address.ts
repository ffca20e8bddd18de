/**
 * An address of IPv4 or IPv6 in the one form that all its spellings have: `::1` for `0:0::1`, `10.0.0.1` for `::ffff:a00:1`. Undefined for what is none.
 * Source: WHATWG URL, host serializing.
 */
export function canonicalAddress(text: string): string | undefined {
  if (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text))
    return isWithoutZeros(text) ? text : undefined;
  if (!/^[\da-f:.]+$/i.test(text) || !text.includes(':')) return undefined;
  const found = URL.parse(`http://[${text}]/`)?.hostname.slice(1, -1);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(found ?? '');
  if (mapped === null) return found;
  const parts = [mapped[1], mapped[2]].flatMap((part = '') => {
    const number = parseInt(part, 16);
    return [number >> 8, number & 255];
  });
  return parts.join('.');
}

/** `010` is 8 for some programs, and 10 for others. */
const isWithoutZeros = (text: string): boolean => !text.split('.').some((part) => /^0\d/.test(part));
