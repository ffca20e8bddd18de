import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startLab, type Lab } from '../../src/lab/lab.js';

const readme = readFileSync('README.md', 'utf8');
const chapter = /^## A first deploy on EC2$[^]*?(?=^## )/m.exec(readme)?.[0] ?? '';

/** The files that the chapter says to write, by path. */
const files: ReadonlyMap<string, string> = new Map(
  [...chapter.matchAll(/in `(inventory\/[^`]+)`:\n\n```yaml\n([^]*?)```/g)].map(
    ([, path = '', text = '']) => [path, text],
  ),
);

/** The commands that it says to type. */
const commands: readonly string[] = [...chapter.matchAll(/^adfpush .*$/gm)].map(([line]) => line);

const program = join(import.meta.dirname, '../../dist/bin.js');

/** `text` with each of these parts replaced. Every one must be there, or the chapter says something else by now. */
function exchanged(text: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((changed, [part, instead]) => {
    expect(changed).toContain(part);
    return changed.replaceAll(part, instead);
  }, text);
}

let folder: string;
let lab: Lab;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adfpush-first-'));
  lab = await startLab({ directory: folder, hosts: 2, versions: {} });
  for (const version of ['latest', 'v42']) lab.publish(version, 'healthy', 'api');
});
afterAll(async () => {
  await lab.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The chapter's files in an empty folder: only names, addresses and the time of a bake are those of the lab. */
function writeProject(): string {
  const project = join(folder, 'first');
  const sshConfig = join(folder, 'ssh_config');
  const written = readFileSync(join(lab.project, 'inventory/lab.yml'), 'utf8');
  const valueOf = (key: string): string => new RegExp(`${key}: (\\S+)`).exec(written)?.[1] ?? '';
  const inventory = exchanged(files.get('inventory/prod.yml') ?? '', {
    "account: '123456789012'": `endpoint: ${lab.endpoint}\naccount: '${lab.account}'`,
    'eu-west-1]': `${lab.region}]`,
    "'tag:Environment': prod": "'tag:Environment': lab",
    'user: ec2-user': `user: ec2-user, config_file: ${sshConfig}`,
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com': lab.registryAddress,
  });
  const jump = valueOf('proxy_jump');
  writeFileSync(
    sshConfig,
    `Host *\n  Port ${valueOf('port')}\n  IdentityFile ${valueOf('identity_file')}\n  UserKnownHostsFile ${valueOf('known_hosts_file')}\n${
      jump === '' ? '' : `  ProxyJump ${jump}\n`
    }`,
  );
  const group = exchanged(files.get('inventory/group_vars/api.yml') ?? '', { 'bake: 30s': 'bake: 1s' });
  for (const [path, text] of Object.entries({
    'inventory/prod.yml': inventory,
    'inventory/group_vars/api.yml': group,
  })) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  return project;
}

test("README's first deploy does what it says", async () => {
  const project = writeProject();
  expect(commands.length).toBeGreaterThanOrEqual(4);

  for (const command of commands) {
    const { exitCode, all } = await execa(process.execPath, [program, ...command.split(/\s+/).slice(1)], {
      cwd: project,
      env: { XDG_STATE_HOME: join(folder, 'state') },
      reject: false,
      all: true,
    });
    expect(exitCode, `${command}\n${all}`).toBe(0);
  }

  const running = lab.hosts.map(({ engine }) =>
    engine.containers.all().filter((container) => container.running),
  );
  expect(running.map((containers) => containers.map(({ name }) => name))).toEqual(
    lab.hosts.map(() => ['api']),
  );
});
