import { parsed } from '../model/schema/parsed.js';
import { scalarText } from '../model/schema/text.js';
import { Secret } from '../model/secret.js';
import { isUserName } from '../model/user-name.js';
import { plainText } from './text-edit.js';

/** The name of a user or a group, as useradd lets through. */
export const accountNameSchema = parsed((value, refuse): string => {
  const text = scalarText(value) ?? '';
  if (!isUserName(text))
    refuse('must be a name', 'Begin with a letter or _; then letters, digits, _, . and -, up to 31 in all.');
  return text;
}).meta({ type: 'account name' });

const isGroup = (text: string): boolean => isUserName(text) || /^\d+$/.test(text);

/** A group by its name or number. */
export const groupSchema = parsed((value, refuse): string => {
  const text = scalarText(value) ?? '';
  if (!isGroup(text)) refuse('must be a group, by its name or number');
  return text;
}).meta({ type: 'name or number' });

/** Groups as a list, or with commas between them. An empty list means none. */
export const groupsSchema = parsed((value, refuse): readonly string[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : (scalarText(value) ?? '').split(',');
  return items.flatMap((item, index) => {
    const text = (scalarText(item) ?? '').trim();
    if (text === '' && !Array.isArray(value)) return [];
    if (!isGroup(text))
      refuse('must be a group, by its name or number', undefined, Array.isArray(value) ? [index] : []);
    return [text];
  });
}).meta({ type: 'list of groups' });

/** What stands in one field of /etc/passwd. */
export const fieldSchema = parsed((value, refuse): string => {
  const text = scalarText(value);
  if (text === undefined || /[:\n\r\0]/.test(text))
    refuse('must be text without a colon and without a line break');
  return text ?? '';
}).meta({ type: 'text of a field' });

/** An absolute path in a field of /etc/passwd. */
export const fieldPathSchema = parsed((value, refuse): string => {
  const text = scalarText(value) ?? '';
  if (!/^\/[^:\n\r\0]*$/.test(text)) refuse('must be an absolute path without a colon');
  return text.length > 1 ? text.replace(/\/+$/, '') : text;
}).meta({ type: 'path' });

/** A password as /etc/shadow has it: its hash, perhaps locked by a `!`; or `*` or `!`, which let no password in. */
export const passwordHashSchema = parsed((value, refuse): string | Secret => {
  const given = value instanceof Secret ? value : (scalarText(value) ?? '');
  if (!/^(!{1,2}|\*|!{0,2}(\$\w+\$[^:\s]+|[./0-9A-Za-z]{13}))$/.test(plainText(given)))
    refuse(
      'must be the hash of a password, as /etc/shadow has it',
      'Make one with `mkpasswd --method=yescrypt` or `openssl passwd -6`, and keep it as a secret.',
    );
  return given;
}).meta({ type: 'password hash' });

const dayLength = 86_400;

/** The day on which a user expires, in days since 1970-01-01; undefined for never. */
export const expiresSchema = parsed((value, refuse): { readonly day: number | undefined } => {
  const text = (scalarText(value) ?? '').trim();
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text) ?? [];
  if (year !== undefined) {
    const day = dayOf(Number(year), Number(month), Number(date));
    if (dateOf(day) !== text) refuse('must be a day that there is');
    return { day };
  }
  if (!/^-?\d+(\.\d+)?$/.test(text)) {
    refuse('must be a day, or seconds since 1970', 'Write it like 2026-12-31; -1 means never.');
    return { day: undefined };
  }
  return { day: Number(text) < 0 ? undefined : Math.floor(Number(text) / dayLength) };
}).meta({ type: 'day' });

/** Days since 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil). */
function dayOf(year: number, month: number, date: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The other way round (civil_from_days): `2026-12-31`. */
export function dateOf(day: number): string {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const date = dayOfYear - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp + (mp < 10 ? 3 : -9);
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(date)}`;
}
