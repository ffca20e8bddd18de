import { describe, expect, it } from 'vitest';
import { groupName, region } from '../../src/model/ids.js';
import type { RunResult } from '../../src/model/run-result.js';
import { FleetStage } from '../stages/fleet-stage.js';
import { blocksIn } from './blocks.js';

/** What an example is run with, and what it must come to. */
interface Example {
  readonly files?: Readonly<Record<string, string>>;
  readonly extraVars?: Readonly<Record<string, unknown>>;
  /** What programs say, by the beginning of their command or by a word in their script. */
  readonly replies?: Readonly<Record<string, { readonly code?: number; readonly stdout?: string }>>;
  /** Makes a playbook of what is only a part of one. */
  readonly whole?: (text: string) => string;
  readonly before?: (stage: FleetStage) => void;
  /** The commands of hosts, without those of modules that look first. */
  readonly ran?: readonly string[];
  readonly also?: (stage: FleetStage, result: RunResult) => void;
}

const facts = 'os.ID=debian\nos.VERSION_ID=12\nend=1\n';
const tasksOf = (text: string): string => `  tasks:\n${text.replace(/^(?=.)/gm, '    ')}`;
const echo = (text: string): string => `- command: ${text}\n`;

const examples: Readonly<Record<string, Example>> = {
  'docs/coming-from-ansible.md yaml 1': {
    replies: {
      'os-release': { stdout: facts },
      'use=$1 state=$2': { stdout: 'found apk\nmanager apk\n' },
      'nginx -v': { code: 1 },
    },
    also: (_stage, { hosts }) =>
      expect(hosts.filter(({ changed }) => changed > 0)).toMatchObject([{ name: 'web-1', failed: 1 }]),
  },
  'docs/playbooks.md yaml 1': { ran: ['i-1 shopctl reindex', 'i-2 shopctl reindex'] },
  'docs/playbooks.md yaml 2': {
    whole: (text) => `- hosts: web\n${tasksOf(text)}`,
    ran: ['web-1 shopctl reindex', 'web-1 shopctl warm'],
  },
  'docs/playbooks.md yaml 3': {
    extraVars: { ticket: 42, admin_password: 'correct horse' },
    ran: ['i-1 shopctl set-password admin', 'i-2 shopctl set-password admin'],
    also: (stage) => expect(stage.told('task.ended').map(({ message }) => message)).toContain('for 42'),
  },
  'docs/playbooks.md yaml 4': {
    whole: (text) => `- hosts: api\n  vars: { mode: careful }\n${tasksOf(text)}`,
    replies: { './migrate\n': { code: 1 } },
    ran: [
      'i-1 ./migrate',
      'i-1 ./migrate --undo',
      'i-1 ./report',
      'i-2 ./migrate',
      'i-2 ./migrate --undo',
      'i-2 ./report',
    ],
  },
  'docs/playbooks.md yaml 5': {
    files: { 'templates/nginx.conf.hbs': 'user {{ inventory_hostname }};\n' },
    ran: ['web-1 nginx -s reload'],
    also: (stage) =>
      expect(stage.hostFiles.on(stage.host('web-1').host).text('/etc/nginx/nginx.conf')).toBe(
        'user web-1;\n',
      ),
  },
  'docs/playbooks.md yaml 6': {
    files: {
      'tasks/packages.yml': echo('packages'),
      'tasks/debian.yml': echo('debian'),
      'tasks/site.yml': echo('site {{ site.name }}'),
    },
    extraVars: {
      distribution: 'debian',
      sites: [
        { name: 'one', enabled: true },
        { name: 'two', enabled: false },
      ],
    },
    ran: ['web-1 packages', 'web-1 debian', 'web-1 site one'],
  },
  'docs/playbooks.md yaml 7': {
    files: {
      'roles/common/tasks/main.yml': echo('common'),
      'roles/nginx/tasks/main.yml': echo('nginx on {{ port }}'),
      'roles/site/tasks/main.yml': echo('never'),
      'roles/site/tasks/add.yml': echo('add {{ site }}'),
    },
    extraVars: { has_nginx: true, sites: ['one', 'two'] },
    ran: ['web-1 common', 'web-1 nginx on 8080', 'web-1 add one', 'web-1 add two'],
  },
  'docs/run.md yaml 1': {
    before: (stage) => {
      const { host } = stage.join('web9', { region: region('us-east-1'), groups: [] });
      stage.control.result = { stdout: JSON.stringify([{ name: host.name, ip: host.address }]) };
    },
    ran: ["web9 ./set-up 'canary'"],
  },
  'docs/tasks.md yaml 1': { ran: ['i-1 bin/migrate --wait'] },
  'docs/tasks.md yaml 2': { ran: ['i-1 nginx -s reload', 'i-2 nginx -s reload'] },
};

/** YAML that is no playbook, and what makes sure that it is right. */
const elsewhere: Readonly<Record<string, string>> = {
  'README.md yaml 1': 'an inventory: test/docs/first-deploy.test.ts deploys with it',
  'README.md yaml 2': 'settings of a group: test/docs/first-deploy.test.ts deploys with them',
  'docs/hosts.md yaml 1': 'settings of secrets: test/docs/settings-examples.test.ts reads them',
  'docs/looking.md yaml 1': 'endpoints: test/docs/settings-examples.test.ts reads them',
  'docs/notifications.md yaml 1': 'settings of notifications: test/docs/settings-examples.test.ts reads them',
  'docs/releases.md yaml 1': 'settings of a promotion: test/docs/settings-examples.test.ts reads them',
};

const playbooks = blocksIn('yaml').filter(({ page }) => page !== 'docs/modules.md');

it('knows what to do with each example of the pages', () => {
  expect([...Object.keys(examples), ...Object.keys(elsewhere)].sort()).toEqual(
    playbooks.map(({ name }) => name).sort(),
  );
});

describe('examples of playbooks', () => {
  it.each(
    playbooks.flatMap((block) => {
      const example = examples[block.name];
      return example === undefined ? [] : [[block.name, block.text, example] as const];
    }),
  )('%s runs', async (_, text, { files = {}, extraVars = {}, replies = {}, whole, before, ran, also }) => {
    const stage = new FleetStage({ hosts: 2, files });
    const web = stage.join('web-1', { groups: [groupName('web')] });
    before?.(stage);
    stage.hostFiles.on(web.host).has('/etc/nginx', { kind: 'directory' });
    stage.transport.when(({ text: said, options: { step, detach } }) => {
      if (step !== undefined && detach !== undefined) void endLater(stage, step.id);
      const reply = Object.entries(replies).find(([word]) => `${said.trim()}\n`.includes(word))?.[1];
      return reply && { outcome: { kind: 'exited', code: reply.code ?? 0 }, stdout: reply.stdout ?? '' };
    });

    const playing = whole === undefined ? text : whole(text);
    const result = await stage.run(playing, { extraVars: [{ name: 'extra vars', values: extraVars }] });

    if (ran !== undefined) {
      expect(result.errors).toEqual([]);
      const commands = stage.transport.commands.map((one) => `${one.host.id} ${one.text.trim()}`);
      // Hosts go at their own pace.
      const byHost = commands.toSorted((a, b) =>
        hostIn(a) < hostIn(b) ? -1 : hostIn(a) > hostIn(b) ? 1 : 0,
      );
      expect(byHost).toEqual(ran);
    }
    also?.(stage, result);
  });
});

/** A job ends well after ten minutes. */
async function endLater({ transport, world }: FleetStage, step: string): Promise<void> {
  await world.clock.sleep(600_000);
  transport.records.set(step, {
    state: 'ended',
    outcome: { kind: 'exited', code: 0 },
    stdout: '',
    stderr: '',
  });
}

const hostIn = (line: string): string => line.split(' ')[0] ?? '';
