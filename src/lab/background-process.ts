/** The process that a lab in the background is. Its arguments are the lab's options, as JSON. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { z } from 'zod';
import { errorsOf } from '../errors/adf-error.js';
import { startLab } from './lab.js';
import { listen, loopback } from './listen.js';
import { removeState, writeState, type BackgroundLab } from './state-file.js';

const optionsSchema = z.object({
  directory: z.string(),
  hosts: z.number(),
  workers: z.number(),
  ports: z.object({ aws: z.number(), balancer: z.number(), registry: z.number() }),
});

async function start(): Promise<void> {
  const options = optionsSchema.parse(JSON.parse(process.argv[2] ?? ''));
  const lab = await startLab(options);
  const token = randomUUID();

  const end = async (): Promise<void> => {
    await lab.stop();
    removeState(lab.directory);
    process.exit(0);
  };
  const control = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(403).end();
      return;
    }
    response.writeHead(202).end();
    void end();
  });
  const { port } = await listen(control, 'control', { address: loopback, port: 0 });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());

  const { directory, project, endpoint, balancerUrl, registryAddress } = lab;
  const state: BackgroundLab = {
    pid: process.pid,
    directory,
    project,
    endpoint,
    balancerUrl,
    registryAddress,
    hosts: [...lab.hosts, ...lab.workers].map(({ name, id, address, dockerSocket }) => ({
      name,
      id,
      address,
      dockerSocket,
    })),
    bastion: lab.behindBastion,
    control: `http://${loopback}:${port}`,
    token,
  };
  writeState(state);
  process.send?.({ ready: true });
}

try {
  await start();
} catch (error) {
  const [{ code, class: errorClass, message, hint }] = errorsOf(error);
  console.error(error);
  process.send?.({ ready: false, error: { code, class: errorClass, message, hint } }, () => process.exit(1));
}
