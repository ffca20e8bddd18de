type Variables = Readonly<Record<string, string | undefined>>;

/** Requests to this machine itself never go by a proxy. */
const ownAddresses = ['localhost', '127.0.0.0/8', '[::1]'];

/**
 * The proxies of an environment, in the form that Node's agents read: `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, in small letters too, as Docker, curl
 * and the AWS CLI read them. Blank means absent; a proxy without a scheme is spoken to over HTTP. Undefined when there is none. Source: golang.org/x/net/http/httpproxy.
 */
export function proxiesOf(variables: Variables): Readonly<Record<string, string>> | undefined {
  const find = (name: string): string | undefined =>
    [variables[name.toLowerCase()], variables[name]].map((value) => value?.trim()).find((value) => value);
  const [plain, secure] = [find('HTTP_PROXY'), find('HTTPS_PROXY')];
  if (plain === undefined && secure === undefined) return undefined;
  const spared = [...ownAddresses, ...(find('NO_PROXY') ?? '').split(/[\s,]+/)];
  return {
    ...(plain === undefined ? {} : { HTTP_PROXY: withScheme(plain) }),
    ...(secure === undefined ? {} : { HTTPS_PROXY: withScheme(secure) }),
    NO_PROXY: spared.flatMap(asNodeReads).join(','),
  };
}

const withScheme = (proxy: string): string =>
  /^[a-z][a-z\d+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;

/** For Node a name means that host alone, not what is below it; and it knows ranges of addresses, and no prefixes. */
function asNodeReads(entry: string): readonly string[] {
  if (entry === '' || entry === '*') return entry === '' ? [] : [entry];
  const prefix = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(entry);
  if (prefix !== null) return rangeOf(prefix[1] ?? '', Number(prefix[2]));
  const isAddress = /^[\d.]+(:\d+)?$|^\[|:.*:/.test(entry);
  if (isAddress || /^[*.]/.test(entry)) return [entry];
  return [entry, `.${entry}`];
}

function rangeOf(address: string, length: number): readonly string[] {
  if (length > 32) return [];
  const size = 2 ** (32 - length);
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = Math.floor(number / size) * size;
  return [`${inDots(first)}-${inDots(first + size - 1)}`];
}

const inDots = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
