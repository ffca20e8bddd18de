import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formsOf } from '../../src/events/secret-forms.js';
import { Lane, type Ended } from '../stages/lane.js';
import { findInFiles } from '../stages/find-in-files.js';

const kept = {
  url: 'lab-canary "one" in the $URL',
  password: 'lab-canary-two & {more}',
  file: "lab-canary isn't the third",
  unused: 'lab-canary-of-another-group',
};
const forms = [...new Set(Object.values(kept).flatMap(formsOf))].filter((form) => form.length >= 12);

let lane: Lane;
function write(path: string, text: string): void {
  const file = join(lane.lab.project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
const append = (path: string, text: string): void =>
  write(path, readFileSync(join(lane.lab.project, path), 'utf8') + text);
const reports = ['--diff', '-vv', '--events', 'events.ndjson', '--junit', 'junit.xml', '--json'];

beforeAll(async () => {
  lane = await Lane.open();
  lane.lab.aws.putParameter('/shop/url', kept.url);
  lane.lab.aws.putParameter('/shop/unused', kept.unused);
  lane.lab.aws.putSecret('db', { AWSCURRENT: JSON.stringify({ user: 'app', password: kept.password }) });
  append('inventory/lab.yml', 'secrets: [{ backend: ssm, prefix: /shop/ }, { backend: secrets_manager }]\n');
  append('inventory/group_vars/api.yml', `db_url: '{{ secret "url" }}'\nother: '{{ secret "unused" }}'\n`);
  append('inventory/group_vars/worker.yml', `worker_url: '{{ secret "unused" }}'\n`);
  lane.groupHas(
    "env: { APP_ENV: '{{ env }}' }",
    "env: { URL: '{{ db_url }}' }\n  env_file: templates/api.env.hbs",
  );
  write('templates/api.env.hbs', 'PASSWORD={{ secret "db" "password" }}\n');
  write('templates/app.conf.hbs', 'password = {{ secret "db" "password" }}\nurl = {{ db_url }}\n');
  write(
    'playbooks/settings.yml',
    `- hosts: api
  tasks:
    - name: write the settings
      template: { src: app.conf.hbs, dest: app.conf }
    - name: tell a secret
      shell: |
        echo {{ secret "db" "password" }}
        echo {{ secret "db" "password" }} | base64
        echo {{ db_url }} >&2
      register: told
    - debug: { msg: '{{ db_url }} {{ told.stdout }}' }
    - set_fact: { again: '{{ upper (secret "url") }}' }
    - debug: { var: again }
`,
  );
});
afterAll(() => lane.close());

/** Nothing of a secret in what was shown, and in what was written on the control side. */
function expectHidden({ stdout, stderr }: Ended): void {
  for (const form of forms) {
    expect(stdout).not.toContain(form);
    expect(stderr).not.toContain(form);
  }
  expect(findInFiles([lane.lab.project], forms, 0)).toEqual([]);
}

describe('secrets of AWS', () => {
  test('come into containers as they are, and are seen nowhere else', async () => {
    lane.lab.aws.forgetCalls();

    const ended = await lane.run(['deploy', '-g', 'api', '--env', 'lab', '--version', 'v1', ...reports]);

    expect(ended).toMatchObject({ exit: 0 });
    const environments = lane.lab.hosts.map(({ engine }) => engine.containers.all()[0]?.config.Env);
    for (const environment of environments) {
      expect(environment).toContain(`URL=${kept.url}`);
      expect(environment).toContain(`PASSWORD=${kept.password}`);
    }
    // The environment file is read after the settings of the group.
    expect(lane.lab.aws.calls('GetParameters')).toBeLessThanOrEqual(2);
    expect(lane.lab.aws.calls('GetSecretValue')).toBe(1);
    expectHidden(ended);
  });

  test('come into files that their owner alone reads, and into no output of a playbook', async () => {
    const ended = await lane.run(['run', 'settings', '--env', 'lab', ...reports]);

    expect(ended).toMatchObject({ exit: 0 });
    for (const { root } of lane.lab.hosts) {
      const file = join(root, 'app.conf');
      expect(readFileSync(file, 'utf8')).toBe(`password = ${kept.password}\nurl = ${kept.url}\n`);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expectHidden(ended);
  });

  test('that do not exist are refused where they are named, before any host is asked', async () => {
    write('templates/api.env.hbs', 'A=1\nPASSWORD={{ secret "pasword" }}\n');

    const { exit, stderr } = await lane.deploy('v2');

    expect(exit).toBe(2);
    expect(stderr).toContain('templates/api.env.hbs:2:');
    expect(stderr).toContain(
      'There is no secret "pasword": looked for "/shop/pasword" in SSM Parameter Store',
    );
    expect(lane.running()).toEqual(['api v1', 'api v1', 'api v1', 'api v1']);
  });

  test('are not asked for by a command that renders nothing', async () => {
    lane.lab.aws.forgetCalls();

    expect(await lane.run(['exec', '-g', 'api', '--env', 'lab', '--', 'true'])).toMatchObject({ exit: 0 });

    expect(lane.lab.aws.calls('GetParameters') + lane.lab.aws.calls('GetSecretValue')).toBe(0);
  });
});
