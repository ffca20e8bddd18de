import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { adfpush, projectOf } from '../stages/adfpush.js';

const password = 'tea-&-biscuits';
const command = `touch started; corkscrew proxy 8080 %h %p ${password}`;
const declared = 'secrets: { proxy_password: { env: PROXY_PASSWORD } }\n';
const hosts = 'hosts: { api-1: { address: 127.0.0.1, port: 1, groups: api } }\n';

it.each([
  [
    'adfpush.yml',
    {
      'adfpush.yml': `${declared}ssh:\n  proxy_command: '${command}'\n`,
      'inventory/prod.yml': `source: static\n${hosts}`,
    },
    'adfpush.yml:3:18',
  ],
  [
    'an environment',
    {
      'adfpush.yml': declared,
      'inventory/prod.yml': `source: static\n${hosts}ssh: { proxy_command: '${command}' }\n`,
    },
    'inventory/prod.yml:3:23',
  ],
  [
    'a host of it',
    {
      'adfpush.yml': declared,
      'inventory/prod.yml': `source: static\nhosts:\n  api-1:\n    groups: api\n    ssh:\n      transport: openssh\n      proxy_command: '${command}'\n`,
    },
    'inventory/prod.yml:7:22',
  ],
])('a secret in the proxy_command of %s is refused, and nothing is started', async (_, files, place) => {
  const project = await projectOf(files);

  const words = ['exec', '--group', 'api', '--env', 'prod', '--', 'true'];
  const { exit, stdout, stderr } = await adfpush(words, project, {}, { PROXY_PASSWORD: password });

  expect(stderr).toContain('[secret.in_argument] ssh.proxy_command holds a secret');
  expect(stderr).toContain(`  ${place}\n`);
  expect(stderr).toContain('environment variable');
  expect(`${stdout}${stderr}`).not.toContain(password);
  expect(exit).toBe(2);
  expect(existsSync(join(project, 'started'))).toBe(false);
});
