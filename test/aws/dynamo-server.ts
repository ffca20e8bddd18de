import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

/** What becomes of a call on its way to the table and back. */
export type Fate = 'answered' | 'lost_before' | 'lost_after' | 'throttled' | 'denied' | 'silent';

/** A DynamoDB on 127.0.0.1, behind a network that does as the test tells it. */
export interface DynamoServer extends AsyncDisposable {
  readonly endpoint: string;
  /** All calls that reached the network, by operation: `PutItem`. */
  readonly calls: readonly string[];
  /** Decides about each call, in order; `answered` when it is not told. */
  fate: (operation: string) => Fate | Promise<Fate>;
  readonly client: DynamoDBClient;
}

export const lockTableOf = (TableName: string): CreateTableCommandInput => ({
  TableName,
  AttributeDefinitions: [{ AttributeName: 'lock', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'lock', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
});

/** With the table `locks`, ready. */
export async function startDynamo(): Promise<DynamoServer> {
  const database = dynalite({ createTableMs: 0 });
  const databasePort = await listen(database);
  const calls: string[] = [];
  // The client rests for long between two attempts: its connection must not end meanwhile.
  const network = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    void carry(request, response).catch(() => response.destroy());
  });
  const carry = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    calls.push(operation);
    const fate = await server.fate(operation);
    if (fate === 'silent') return;
    if (fate === 'throttled' || fate === 'denied') {
      answer(response, 400, refusals[fate]);
      return;
    }
    if (fate === 'lost_before') {
      request.socket.destroy();
      return;
    }
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
    const reply = await fetch(`http://127.0.0.1:${databasePort}/`, {
      method: 'POST',
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
      body: new Uint8Array(body),
    });
    const text = await reply.text();
    if (fate === 'lost_after') request.socket.destroy();
    else answer(response, reply.status, text);
  };
  const endpoint = `http://127.0.0.1:${await listen(network)}`;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${databasePort}`,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  await client.send(new CreateTableCommand(lockTableOf('locks')));
  // It is made in the background, and writes are refused until then.
  const table = { TableName: 'locks' };
  while ((await client.send(new DescribeTableCommand(table))).Table?.TableStatus !== 'ACTIVE');
  const server: DynamoServer = {
    endpoint,
    calls,
    client,
    fate: () => 'answered',
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await Promise.all([network, database].map(close));
    },
  };
  return server;
}

const refusals = {
  throttled: {
    __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
    message: 'The level of configured provisioned throughput for the table was exceeded.',
  },
  denied: {
    __type: 'com.amazon.coral.service#AccessDeniedException',
    Message: 'User: arn:aws:iam::123456789012:user/ci is not authorized to perform: dynamodb:PutItem.',
  },
};

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeAllConnections();
  await closed;
}
