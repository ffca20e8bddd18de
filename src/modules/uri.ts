import { z } from 'zod';
import { AdfError } from '../errors/adf-error.js';
import { unexpectedStatus } from '../errors/modules.js';
import { defined } from '../model/defined.js';
import { durationSchema } from '../model/schema/duration.js';
import { statusSchema } from '../model/schema/health.js';
import type { HostHttpResponse } from '../ports/host-http.js';
import type { ModuleHost, ReadingModule } from './module.js';

const schema = z.strictObject({
  port: z.int().min(1).max(65_535).describe('the port of the host'),
  path: z.string().default('/').describe('the path, with its query'),
  scheme: z.enum(['http', 'https']).default('http').describe('how it is spoken'),
  host: z
    .string()
    .optional()
    .describe('the name that is asked for; the connection goes to 127.0.0.1 of the host whatever it says'),
  method: z.string().default('GET').describe('the HTTP method'),
  headers: z.record(z.string(), z.coerce.string()).default({}).describe('headers of the request'),
  body: z.string().optional().describe('the body of the request'),
  status: statusSchema.default([200]).describe('the status that is expected, or a list of them'),
  timeout: durationSchema.default(10_000).describe('how long the answer may take'),
});
type Args = z.infer<typeof schema>;

/** One HTTP request, made from the host itself through its SSH connection. Combine with `until` to wait. */
export const uri: ReadingModule<Args> = {
  name: 'uri',
  docs: {
    summary:
      'Makes one HTTP request on the host itself, through its SSH connection. Combine it with `until` to wait.',
    examples: [
      `- name: wait until it says that it is ready
  uri: { port: 5060, path: /ready }
  register: ready
  until: ready.status == 200
  retries: 30
  delay: 2s`,
    ],
  },
  looksAtHost: true,
  schema,

  async read(args, host) {
    const url = `${args.scheme}://${args.host ?? '127.0.0.1'}:${args.port}${args.path}`;
    const answer = await ask(args, host);
    if (answer instanceof AdfError) {
      return { changed: false, values: { ...noAnswerValues, url }, failure: answer };
    }
    const expected = args.status.includes(answer.status);
    return {
      changed: false,
      message: `${answer.status} from ${url}`,
      values: { status: answer.status, content: answer.body, headers: answer.headers, url },
      ...(expected ? {} : { failure: unexpectedStatus(host.host, url, answer.status, args.status) }),
    };
  },
};

/** As Ansible's uri tells it, so that `until: result.status == 200` can wait for a server that is still starting. */
const noAnswerValues = { status: -1, content: '', headers: {} } as const;

/** The answer, or the error that there was none; a lost host is thrown. */
async function ask(args: Args, host: ModuleHost): Promise<HostHttpResponse | AdfError> {
  try {
    return await host.http({
      method: args.method,
      scheme: args.scheme,
      address: '127.0.0.1',
      port: args.port,
      path: args.path,
      headers: args.headers,
      timeout: args.timeout,
      ...defined({ hostHeader: args.host, body: args.body }),
    });
  } catch (error) {
    if (error instanceof AdfError && error.code === 'http.no_answer') return error;
    throw error;
  }
}
