import { connectionLost, noAnswer } from '../errors/ssh.js';
import { defined } from '../model/defined.js';
import type { Clock } from '../ports/clock.js';
import type { HostHttpRequest, HostHttpResponse } from '../ports/host-http.js';
import { succeeded, type Connection, type RemoteCommand } from '../ports/transport.js';
import { bodyLimit, requestOverStream } from './http-over-stream.js';
import { bracketed, urlOf } from './http-url.js';
import { quote } from './quote.js';
import { curlQuoted } from '../model/curl-quoted.js';

/**
 * An answer as curl and wget print it: head, blank line, body, already without transfer coding. Interim answers (1xx) are passed over.
 * Undefined when it is none.
 */
function parseHttpText(text: string, bodyLimit: number): Omit<HostHttpResponse, 'via'> | undefined {
  const head = /^HTTP\/[\d.]+ (\d{3})[^\n]*\n((?:[^\r\n]+\r?\n)*)\r?\n/.exec(text);
  if (head === null) return undefined;
  const status = Number(head[1]);
  const rest = text.slice(head[0].length);
  if (status >= 100 && status < 200) return parseHttpText(rest, bodyLimit);
  const headers: Record<string, string> = {};
  for (const line of (head[2] ?? '').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return { status, headers, body: Buffer.from(rest).subarray(0, bodyLimit).toString() };
}

type Program = 'curl' | 'wget' | 'shell';

/**
 * The same request, made by a program of the host. The URL and the values of headers stay out of argv, where every user of the host could
 * read them. curl gets both over stdin. wget reads only its URL from there, so it is used for requests without headers; the name in the
 * Host header is an argument of it. bash opens a bare connection, which carries the request.
 */
export async function requestByProgram(
  connection: Connection,
  request: HostHttpRequest,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<HostHttpResponse> {
  const program = await findProgram(connection, request, signal);
  if (program === 'shell') {
    const { address, port } = request;
    const stream = await connection.stream(['bash', '-c', tunnel, address, String(port)]);
    const answer = await requestOverStream(connection.host, stream, request, clock, signal);
    return { ...answer, via: 'shell' };
  }
  const command = program === 'curl' ? { script: curlScript(request) } : wgetCommand(request);
  const result = await connection.run(command, {
    timeout: request.timeout + 2_000,
    ...defined({ signal }),
  });
  signal?.throwIfAborted();
  if (result.outcome.kind === 'unknown') throw connectionLost(connection.host, result.outcome.reason);
  // wget shows headers on stderr; its exit code also tells of statuses, which are answers.
  const text = program === 'curl' ? result.stdout : `${wgetHead(result.stderr)}${result.stdout}`;
  const answer = parseHttpText(text, bodyLimit);
  if (answer === undefined) {
    const said = result.stderr.trim().split('\n').at(-1) ?? '';
    const reason =
      result.outcome.kind === 'timed_out' ? `nothing came within ${request.timeout / 1_000} s` : said;
    throw noAnswer(connection.host, urlOf(request), `${reason} (${program})`);
  }
  return { ...answer, via: program };
}

async function findProgram(
  connection: Connection,
  request: HostHttpRequest,
  signal: AbortSignal | undefined,
): Promise<Program> {
  const result = await connection.run(
    {
      script:
        'for program in curl wget bash; do command -v $program >/dev/null 2>&1 && echo $program; done; exit 0',
    },
    { timeout: 10_000, ...defined({ signal }) },
  );
  signal?.throwIfAborted();
  if (result.outcome.kind === 'unknown') throw connectionLost(connection.host, result.outcome.reason);
  const found = new Set(succeeded(result) ? result.stdout.split('\n') : []);
  const plain =
    Object.keys(request.headers).length === 0 &&
    request.body === undefined &&
    request.method === 'GET' &&
    // wget takes each line for a URL of its own.
    !/[\r\n]/.test(request.path);
  if (found.has('curl')) return 'curl';
  if (found.has('wget') && plain) return 'wget';
  if (found.has('bash')) return 'shell';
  throw noAnswer(
    connection.host,
    urlOf(request),
    'its sshd refuses forwarding, and there is no curl, wget or bash on the host to ask with',
  );
}

/** bash's own TCP, both directions at once, until one side is done. (What bash puts in the background loses its stdin.) */
const tunnel =
  'exec 3<>"/dev/tcp/$0/$1" 4<&0 || exit 1; cat <&3 & reader=$!; cat <&4 >&3 & writer=$!; wait -n; kill $reader $writer';

function curlScript(request: HostHttpRequest): string {
  const { address, port, hostHeader, scheme, path, method, headers, body, timeout } = request;
  const settings: [name: string, value: string][] = [
    // The name in the URL becomes the TLS server name; the connection goes to the address.
    ['url', `${scheme}://${bracketed(hostHeader ?? address)}:${port}${path}`],
    ['connect-to', `::${bracketed(address)}:${port}`],
    ['request', method],
    ['max-time', String(timeout / 1_000)],
    ...(hostHeader === undefined ? [] : [['header', `Host: ${hostHeader}`] as [string, string]]),
    ...Object.entries(headers).map(([name, value]): [string, string] => ['header', `${name}: ${value}`]),
    // Raw: a body that begins with @ is no name of a file.
    ...(body === undefined ? [] : [['data-raw', body] as [string, string]]),
  ];
  const config = settings.map(([name, value]) => `${name} = "${curlQuoted(value)}"`).join('\n');
  const flags = method === 'HEAD' ? '--head' : '--include';
  return `printf '%s\\n' ${quote(config)} | curl --silent --show-error --insecure --globoff ${flags} --http1.1 --noproxy '*' --config -`;
}

function wgetCommand(request: HostHttpRequest): RemoteCommand {
  const { hostHeader } = request;
  const timeout = Math.max(1, Math.ceil(request.timeout / 1_000));
  const name = hostHeader === undefined ? '' : `--header=${quote(`Host: ${hostHeader}`)} `;
  return {
    script:
      `printf '%s\\n' ${quote(urlOf(request))} | wget --quiet --server-response --output-document=- --content-on-error ` +
      `--max-redirect=0 --tries=1 --no-proxy --no-check-certificate --timeout=${timeout} ${name}--input-file=-`,
    ...(hostHeader === undefined ? {} : { exposes: [hostHeader] }),
  };
}

/** wget prints the head of each answer indented. */
const wgetHead = (stderr: string): string => {
  const lines = stderr.split('\n').filter((line) => line.startsWith('  '));
  return lines.length === 0 ? '' : `${lines.map((line) => line.trim()).join('\r\n')}\r\n\r\n`;
};
