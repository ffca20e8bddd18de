import { Secret } from '../model/secret.js';
import type { ScriptValues } from './host-script.js';
import { plainText } from './text-edit.js';
import { curlQuoted } from '../model/curl-quoted.js';

export const isUrl = (text: string): boolean => /^(https?|ftp|file):\/\//.test(text);

/** A URL as people may see it: without a user and password, and without a secret. */
export const shownUrl = (url: string | Secret): string =>
  String(url).replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');

/** What is downloaded by a host, and how it is asked for. */
export interface Download {
  readonly url: string | Secret;
  readonly headers: Readonly<Record<string, string | Secret>>;
  readonly username: string | undefined;
  readonly password: string | Secret | undefined;
  readonly validateCerts: boolean;
  /** Milliseconds without progress after which it is given up. */
  readonly timeout: number;
}

/**
 * `download` prints what is at the URL, and follows redirects. curl gets URL, headers and password over stdin, where no other user of
 * the host can read them. wget would get them as arguments, so it is used for what has none of these.
 */
export const downloadScript = `download() {
  if command -v curl >/dev/null; then
    printf '%s\\n' "$config" | curl --config -
  elif [ -z "$wget_url" ]; then
    echo 'headers, a password or a secret in the URL need curl, which is not on the host' >&2; return 127
  elif command -v wget >/dev/null; then
    said=-q; if wget --version 2>/dev/null | grep -q 'GNU Wget'; then said=-nv; fi
    wget $said -O - -T "$seconds" \${insecure:+--no-check-certificate} "$wget_url"
  else
    echo 'there is neither curl nor wget on the host' >&2; return 127
  fi
}
`;

/** What the script is given. */
export function downloadValues({
  url,
  headers,
  username,
  password,
  validateCerts,
  timeout,
}: Download): Required<Pick<ScriptValues, 'values' | 'secrets'>> {
  const seconds = Math.max(1, Math.ceil(timeout / 1_000));
  const settings: readonly (readonly [name: string, value?: string])[] = [
    ['url', plainText(url)],
    ['fail'],
    ['location'],
    ['silent'],
    ['show-error'],
    ['globoff'],
    ['proto', '=http,https,ftp,file'],
    ['connect-timeout', String(seconds)],
    ['speed-limit', '1'],
    ['speed-time', String(seconds)],
    ...(validateCerts ? [] : [['insecure'] as const]),
    ...(username === undefined ? [] : [['user', `${username}:${plainText(password ?? '')}`] as const]),
    ...Object.entries(headers).map(([name, value]) => ['header', `${name}: ${plainText(value)}`] as const),
  ];
  const isPlain = !(url instanceof Secret) && Object.keys(headers).length === 0 && username === undefined;
  return {
    values: { wget_url: isPlain ? url : '', seconds, insecure: !validateCerts },
    secrets: {
      config: settings
        .map(([name, value]) => (value === undefined ? name : `${name} = "${curlQuoted(value)}"`))
        .join('\n'),
    },
  };
}
