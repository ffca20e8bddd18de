import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openReaders } from '../../src/cli/readers.js';
import { runPlaybook } from '../../src/engine/roll/run-playbook.js';
import { HostSession } from '../../src/engine/host-session.js';
import { Redaction } from '../../src/events/redaction.js';
import { formsOf } from '../../src/events/secret-forms.js';
import { loadPlaybook } from '../../src/playbook/load.js';
import { NodeProjectFiles } from '../../src/config/node-project-files.js';
import { modules } from '../../src/modules/catalogue.js';
import { newRunId, openRun } from '../../src/run/open-run.js';
import { openWorld } from '../../src/world/open-world.js';
import { program, root } from '../stages/adfpush.js';
import { endedWithTest } from '../stages/processes.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { makeKey } from '../stages/keys.js';
import { Sshd } from '../stages/sshd.js';
import { describeWithUsers, openToAllUsers, TestUsers } from '../stages/test-users.js';
import { findInFiles } from '../stages/find-in-files.js';
import { watchProcesses } from './watch-processes.js';

// Each in its own words, so that a hit says which it was; with characters that escapes change.
const canary = {
  become: 'canary-become "gave" the $key',
  passphrase: 'canary-passphrase & \\tea\\ with milk',
  fromEnvironment: "canary-environment isn't here/there?",
  inGroupVars: 'canary-group-vars + 100% {sure}',
  aws: 'canaryAwsSecretAccessKey/EXAMPLE+0123456',
  registry: 'canary-registry:password@home',
  inTaskEnvironment: 'canary-task=environment [1]',
};
const secrets = Object.values(canary);
const groupVars = `in_group_vars: '${canary.inGroupVars}'
in_task_environment: '${canary.inTaskEnvironment}'
image: registry.invalid/api
`;
/** In every form that would be hidden, for places that nothing redacts. */
const forms = [...new Set(secrets.flatMap(formsOf))].filter((form) => form.length >= 12);

describeWithUsers(['/usr/bin/sudo', '/usr/bin/ssh-keygen'], 'canaries', () => {
  let sshd: Sshd;
  let users: TestUsers;
  let user: string;
  let folder: string;
  let home: string;
  const started = Date.now() - 1_000;

  beforeAll(async () => {
    sshd = await Sshd.start();
    users = new TestUsers();
    user = users.add({
      password: canary.become,
      sudoers: ['USER ALL=(ALL:ALL) ALL', 'Defaults:USER timestamp_timeout=0'],
    });
    home = `/home/${user}`;
    folder = temporaryFolder('canary');
    const key = makeKey(folder, 'key', { passphrase: canary.passphrase });
    writeFileSync(join(sshd.folder, 'authorized_keys'), readFileSync(`${key}.pub`));
    openToAllUsers(sshd);
    const files: Record<string, string> = {
      'adfpush.yml':
        'secrets:\n  from_environment: { env: CANARY_PASSWORD }\n  in_group_vars:\n  in_task_environment:\n',
      'inventory/test.yml': [
        'source: static',
        `ssh: { user: ${user}, port: ${sshd.port}, identity_file: ${key}, known_hosts_file: ${sshd.knownHostsFile} }`,
        'hosts: [{ name: api-1, address: 127.0.0.1, groups: [api] }]',
        '',
      ].join('\n'),
      'inventory/group_vars/api.yml': groupVars,
      'playbooks/canary.yml': playbook,
      'playbooks/templates/app.conf.hbs': 'password = {{ from_environment }}\nkey = {{ in_group_vars }}\n',
      'playbooks/files/tool': '#!/bin/sh\necho "the tool has $PASSWORD"; sleep 0.2\n',
      'docker/config.json': JSON.stringify({
        auths: { 'registry.invalid': { auth: Buffer.from(`me:${canary.registry}`).toString('base64') } },
      }),
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    // What a host tells may be a secret too. What is asked of a registry is known when it was asked.
    const told = secrets.filter((secret) => secret !== canary.registry);
    writeFileSync(join(home, 'all-of-them'), `${told.join('\n')}\n${told.flatMap(formsOf).join('\n')}\n`);
    chmodSync(join(home, 'all-of-them'), 0o644);
  });
  afterAll(async () => {
    await sshd.stop();
    users.remove();
  });

  const environment = (): Record<string, string> => ({
    ADFPUSH_BECOME_PASS: canary.become,
    ADFPUSH_SSH_PASSPHRASE: canary.passphrase,
    CANARY_PASSWORD: canary.fromEnvironment,
    AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: canary.aws,
    XDG_STATE_HOME: join(folder, 'state'),
    DOCKER_CONFIG: join(folder, 'docker'),
    NO_COLOR: '1',
  });

  /** The places that hold them because the test, or the user of the playbook, put them there. */
  const willed = (): readonly string[] => [
    // This file is one of its own, and so is what a test runner keeps of it, wherever the checkout is.
    root,
    join(folder, 'inventory/group_vars/api.yml'),
    join(folder, 'docker'),
    join(home, 'all-of-them'),
    join(home, 'app.conf'),
    join(home, 'copied'),
    join(home, 'as-root'),
    join(folder, 'fetched'),
  ];
  /**
   * But for what is meant to be: the AWS SDK's own variable is for whatever ProxyCommand or helper asks AWS, and a task's
   * `environment` is for the task.
   */
  const unwilled = (hits: readonly string[]): readonly string[] =>
    hits.filter(
      (hit) =>
        !(hit.startsWith('environ of ssh ') && hit.endsWith(canary.aws)) &&
        !(hit.startsWith('environ of ') && hit.endsWith(canary.inTaskEnvironment)),
    );
  const leftOnDisk = (): readonly string[] =>
    findInFiles(
      [folder, home, sshd.folder, tmpdir(), '/var/tmp', '/dev/shm', '/root/.local'],
      forms,
      started,
      willed(),
    );

  it('are seen by the sampler where they are, so that seeing none says something', async () => {
    const stop = await watchProcesses([canary.aws, canary.registry]);
    endedWithTest(spawn('/bin/sh', ['-c', 'read line', canary.registry], { env: { SEEN: canary.aws } }));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { hits } = await stop();

    expect(hits.map((hit) => hit.replace(/ of .*: /, ' '))).toEqual(
      expect.arrayContaining([`cmdline ${canary.registry}`, `environ ${canary.aws}`]),
    );
  });

  it('are in no argument, environment, output, report or file of the program, whether it succeeds or not', async () => {
    const stop = await watchProcesses(forms);
    const reports = ['--events', 'events.ndjson', '--junit', 'junit.xml', '-v'];
    const run = (...words: string[]) =>
      execa(process.execPath, [program, ...words], {
        cwd: folder,
        reject: false,
        env: environment(),
        stdin: 'ignore',
      });
    const shows = await run(
      'exec',
      '-g',
      'api',
      '--env',
      'test',
      '-b',
      ...reports,
      '--',
      'sh',
      '-c',
      `id -u; sleep 0.4; cat ${home}/all-of-them`,
    );
    const fails = await run(
      'exec',
      '-g',
      'api',
      '--env',
      'test',
      '-b',
      '--json',
      '--',
      'sh',
      '-c',
      `cat ${home}/all-of-them >&2; exit 3`,
    );
    const lists = await run('inventory', 'list', '--env', 'test', '--ansible');
    const plans = await run('plan', '-g', 'api', '--env', 'test', '--json');
    writeFileSync(
      join(folder, 'inventory/group_vars/api.yml'),
      `in_group_vars: '${canary.inGroupVars}'\nin_group_vars: 2\n`,
    );
    const broken = await run('exec', '-g', 'api', '--env', 'test', '--', 'true');
    writeFileSync(join(folder, 'inventory/group_vars/api.yml'), groupVars);
    const refused = await run('exec', '-g', 'api', '--env', 'test', '--', 'echo', canary.fromEnvironment);
    const { hits, rounds } = await stop();

    expect(shows.stderr).toBe('');
    expect(shows.exitCode).toBe(0);
    expect(shows.stdout).toMatch(/\b0\b[^]*\*\*\*/);
    expect([fails.exitCode, lists.exitCode, broken.exitCode, refused.exitCode]).toEqual([4, 0, 2, 4]);
    expect(plans.exitCode).not.toBe(0);
    const output = [shows, fails, lists, plans, broken, refused]
      .flatMap(({ stdout, stderr }) => [stdout, stderr])
      .join('\n');
    expect(forms.filter((form) => output.includes(form))).toEqual([]);
    // The program itself was given them by its environment, and the words after `--` by the operator.
    expect(unwilled(hits.filter((hit) => !hit.includes(program)))).toEqual([]);
    expect(rounds).toBeGreaterThan(10);
    expect(leftOnDisk()).toEqual([]);
  });

  it('are not in what is said of a crash', async () => {
    // A bug, as soon as the program knows what the environment gave it.
    const bug = `const secret = process.env.CANARY_PASSWORD;
      const timer = setInterval(() => {
        if (process.env.CANARY_PASSWORD !== undefined) return;
        clearInterval(timer);
        throw new Error('a bug with ' + secret);
      }, 10);`;
    const words = ['exec', '-g', 'api', '--env', 'test', '--', 'sleep', '20'];
    const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...words], {
      cwd: folder,
      reject: false,
      env: { ...environment(), NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` },
      stdin: 'ignore',
    });

    expect(exitCode).toBe(1);
    expect(stderr).toContain('a bug with ***');
    expect(forms.filter((form) => `${stdout}${stderr}`.includes(form))).toEqual([]);
  });

  it('are in nothing but the files that a playbook is to write, in a run as in a dry run', async () => {
    const stop = await watchProcesses(forms);
    const printed: string[] = [];
    for (const checkMode of [true, false, false]) printed.push(await runThePlaybook(checkMode));
    const { hits, rounds } = await stop();

    // They did arrive.
    expect(readFileSync(join(home, 'app.conf'), 'utf8')).toBe(
      `password = ${canary.fromEnvironment}\nkey = ${canary.inGroupVars}\n`,
    );
    expect(readFileSync(join(home, 'copied'), 'utf8')).toBe(canary.fromEnvironment);
    expect(readFileSync(join(home, 'as-root'), 'utf8')).toBe(canary.inGroupVars);
    expect(printed[1]).toContain(`${canary.fromEnvironment.length} characters`);
    expect(printed[1]).toContain('***');
    expect(forms.filter((form) => printed.join('\n').includes(form))).toEqual([]);
    expect(unwilled(hits)).toEqual([]);
    expect(rounds).toBeGreaterThan(10);
    expect(leftOnDisk()).toEqual([]);
    expect(existsSync(join(folder, 'state'))).toBe(true);
  });

  /** All that people and files were told. */
  async function runThePlaybook(checkMode: boolean): Promise<string> {
    const before = { ...process.env };
    Object.assign(process.env, environment());
    const file = join(folder, `out-${checkMode}`);
    const stream = Object.assign(new PassThrough(), { isTTY: false });
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const readers = openReaders({
      stream: stream as never,
      verbosity: 3,
      diff: true,
      timestamps: false,
      progressOnly: false,
      events: `${file}.ndjson`,
      junit: `${file}.xml`,
    });
    const redaction = new Redaction();
    const hooks = {
      readers: readers.all,
      stop: { signal: new AbortController().signal, name: () => undefined, grace: 1_000 },
    };
    const options = { project: folder, environment: 'test', extraVars: [], redaction };
    const world = await openWorld(options, hooks as never);
    try {
      const id = newRunId(world.clock, world.random);
      const journal = await world.journals.create(id);
      const run = openRun(world, options, hooks, id, journal, { verb: 'deploy', checkMode });
      const inventory = await world.listHosts();
      const sessions = inventory.hosts.map(
        (host) => new HostSession(host, undefined, inventory.layersFor(host), run),
      );
      const file = await loadPlaybook(new NodeProjectFiles(folder), 'playbooks/canary.yml', modules);
      await run.images.credentials('registry.invalid/api');
      const { turns, errors } = await runPlaybook(file, () => sessions, run);
      expect([...errors, ...turns.map(({ error }) => error)]).toEqual([undefined]);
      await run.bus.close();
      await journal.close();
    } finally {
      await world.close();
      await readers.close();
      for (const name of Object.keys(environment())) {
        if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = before[name];
      }
    }
    return [text, readFileSync(`${file}.ndjson`, 'utf8'), readFileSync(`${file}.xml`, 'utf8')].join('\n');
  }
});

const playbook = `
- hosts: all
  gather_facts: false
  tasks:
    - name: A script that shows what it was given
      shell: "printf %s {{ from_environment }} | wc -m | sed 's/$/ characters/'; echo {{ in_group_vars }}; sleep 0.3"
    - name: In pieces
      shell: |
        whole={{ from_environment }}; printf %.9s "$whole"; sleep 0.3; printf %s "\${whole#?????????}"
    - name: Over stdin
      command: { argv: [sh, -c, "cat; sleep 0.3"], stdin: "{{ from_environment }}" }
    - name: By a variable
      shell: 'echo "$PASSWORD" | base64; sleep 0.2'
      environment: { PASSWORD: "{{ in_task_environment }}" }
    - name: A script of ours
      script: tool
      environment: { PASSWORD: "{{ in_task_environment }}" }
    - name: A template
      template: { src: app.conf.hbs, dest: app.conf, mode: "0600" }
    - name: A copy
      copy: { content: "{{ from_environment }}", dest: copied }
    - name: As root
      copy: { content: "{{ in_group_vars }}", dest: as-root, mode: "0644" }
      become: true
    - name: A command as root
      command: sh -c "id -u; sleep 0.3"
      become: true
    - name: Facts
      set_fact: { url: "postgres://me:{{ from_environment }}@db/{{ b64encode in_group_vars }}" }
    - name: A message
      debug: "{{ url }} {{ json url }}"
    - name: What the host knows
      command: cat all-of-them
      register: known
    - name: Refused
      command: { argv: [echo, "{{ url }}"] }
      ignore_errors: true
    - name: A failure
      shell: "echo {{ url }} >&2; exit 7"
      ignore_errors: true
    - name: Another failure
      fail: { msg: "with {{ known.stdout }}" }
      ignore_errors: true
`;
