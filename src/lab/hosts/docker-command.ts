/**
 * The `docker` command of the lab's hosts, for scripts and for people; adfpush uses the Engine API. It is
 * started as a process of its own, from its source as well as compiled, so it imports nothing but Node.
 */
import { request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

const socketPath = process.env['LAB_DOCKER_SOCKET'] ?? '';

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Status: string;
}

const isListed = (value: unknown): value is Listed =>
  typeof value === 'object' && value !== null && 'Id' in value && 'Names' in value && 'Status' in value;

function call(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path });
    asked.on('response', (response) => resolve(text(response)));
    asked.on('error', reject);
    asked.end();
  });
}

function dialStdio(): void {
  const socket = connect(socketPath);
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
  socket.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}

async function listContainers(all: boolean): Promise<void> {
  const listed: unknown = JSON.parse(await call(`/containers/json?all=${all ? 1 : 0}`));
  console.log('CONTAINER ID\tNAME\tSTATUS\tIMAGE');
  for (const container of Array.isArray(listed) ? listed.filter(isListed) : []) {
    const name = (container.Names[0] ?? '').slice(1);
    console.log([container.Id.slice(0, 12), name, container.Status, container.Image].join('\t'));
  }
}

const given = process.argv.slice(2);
// Of the lab's hosts each has one Engine, whichever socket is named.
const [command = '', ...words] = ['-H', '--host'].includes(given[0] ?? '') ? given.slice(2) : given;
if (command === 'system' && words[0] === 'dial-stdio') dialStdio();
else if (command === 'ps') await listContainers(words.some((word) => word === '-a' || word === '--all'));
else {
  console.error(
    `docker: the lab's hosts know "docker ps [-a]" and "docker system dial-stdio", not "${command}"`,
  );
  process.exitCode = 125;
}
