import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { adfpush, projectOf } from '../stages/adfpush.js';

const files = {
  'adfpush.yml': 'name: shop\nsecrets: { token: { file: token.txt } }\n',
  'token.txt': 'a secret of the shop',
  'inventory/prod.yml': 'source: static\nhosts: { api-1: { address: 127.0.0.1, groups: [api] } }\n',
  'inventory/group_vars/api.yml': `image: shop/api
container: { name: api, env_file: templates/api.env, env: { MOTD: '{{ file "motd.txt" }}' } }
target_groups: none
health: none
`,
  'inventory/host_vars/api-1.yml': 'weight: 1\n',
  'inventory/endpoints.yml': 'prod: [{ name: shop, url: "http://127.0.0.1:1" }]\n',
  'templates/api.env': 'COLOUR=red\n',
  'motd.txt': 'hello',
  'playbooks/site.yml': '- hosts: api\n  vars_files: [more.yml]\n  tasks: [{ include_tasks: part.yml }]\n',
  'more.yml': 'size: 2\n',
  'playbooks/part.yml': '- debug: hello\n',
  'given.yml': 'colour: blue\n',
  'hosts.txt': 'api-1\n',
};

const plan = ['plan', '--group', 'api', '--env', 'prod'];
const site = ['run', 'site', '--env', 'prod', '--check'];

const places: readonly (readonly [keyof typeof files, readonly string[]])[] = [
  ['adfpush.yml', plan],
  ['token.txt', plan],
  ['inventory/prod.yml', plan],
  ['inventory/group_vars/api.yml', plan],
  ['inventory/host_vars/api-1.yml', plan],
  ['inventory/endpoints.yml', ['ping', '--env', 'prod']],
  ['templates/api.env', plan],
  ['motd.txt', plan],
  ['playbooks/site.yml', site],
  ['more.yml', site],
  ['playbooks/part.yml', site],
  ['given.yml', [...site, '-e', '@given.yml']],
  ['hosts.txt', [...site, '--limit', '@hosts.txt']],
];

const makers = {
  'a named pipe': (path: string) => execFileSync('mkfifo', [path]),
  'a directory': (path: string) => mkdirSync(path),
  'a device': (path: string) => symlinkSync('/dev/zero', path),
};

it.each(
  places.flatMap(([path, words]) =>
    Object.entries(makers).map(([kind, make]) => ({ path, kind, make, words })),
  ),
)('$kind in the place of $path is refused, and not waited for', async ({ path, kind, make, words }) => {
  const project = await projectOf(files);
  rmSync(join(project, path));
  mkdirSync(dirname(join(project, path)), { recursive: true });
  make(join(project, path));

  const { exit, stderr } = await adfpush(words, project);

  expect(stderr).toContain(path);
  expect(stderr).toMatch(new RegExp(`it is ${kind}|only regular files|is (a folder|no regular file)`));
  expect(exit).toBe(2);
});
