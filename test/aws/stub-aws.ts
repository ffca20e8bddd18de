import { once } from 'node:events';
import { createServer } from 'node:http';

/** One call of an AWS query API, or of a JSON one. */
export interface AwsRequest {
  readonly action: string;
  readonly region: string;
  /** The access key that signed it. */
  readonly accessKey: string;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface AwsReply {
  readonly status?: number;
  readonly body: string;
  readonly type?: string;
}

export interface StubAws extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: readonly AwsRequest[];
  /** How often an action was called. */
  count(action: string): number;
}

/** An AWS endpoint that answers as one test tells it. `undefined` breaks the connection. */
export async function stubAws(answer: (request: AwsRequest) => AwsReply | undefined): Promise<StubAws> {
  const requests: AwsRequest[] = [];
  const server = createServer((incoming, response) => {
    void (async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
      const parameters = new Map(new URLSearchParams(Buffer.concat(chunks).toString()));
      const target = incoming.headers['x-amz-target'];
      const credential = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(incoming.headers.authorization ?? '');
      const request = {
        action: parameters.get('Action') ?? String(target).split('.').at(-1) ?? '',
        accessKey: credential?.[1] ?? '',
        region: credential?.[2] ?? '',
        parameters,
      };
      requests.push(request);
      const reply = answer(request);
      if (reply === undefined) {
        response.destroy();
        return;
      }
      response.writeHead(reply.status ?? 200, { 'content-type': reply.type ?? 'text/xml' });
      response.end(reply.body);
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    requests,
    count: (action) => requests.filter((request) => request.action === action).length,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A list as the query APIs write it. */
export const list = (element: string, items: readonly string[], item = 'member'): string =>
  `<${element}>${items.map((one) => `<${item}>${one}</${item}>`).join('')}</${element}>`;

/** An answer of ELBv2 or STS. */
export const queryReply = (action: string, result: string): AwsReply => ({
  body: `<${action}Response><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></${action}Response>`,
});

/** An answer of EC2. */
export const ec2Reply = (action: string, result: string): AwsReply => ({
  body: `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>${result}</${action}Response>`,
});

/** An error as ELBv2 and STS say it. */
export const queryError = (status: number, code: string, message: string): AwsReply => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>`,
});

/** An error as EC2 says it. */
export const ec2Error = (status: number, code: string, message: string): AwsReply => ({
  status,
  body: `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>r-1</RequestID></Response>`,
});
