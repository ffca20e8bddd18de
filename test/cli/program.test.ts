import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/table.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { adfpush, program, projectOf } from '../stages/adfpush.js';

const verbs = Object.keys(commands).map((id) => id.replace(':', ' '));

/** Whether other users can read a file: a clone in the home of root is root's alone. */
const isOpenToOthers = (path: string): boolean =>
  path === '/' || ((statSync(path).mode & 0o001) !== 0 && isOpenToOthers(dirname(path)));

describe('adfpush', () => {
  it('lists every verb in its help', async () => {
    const { exit, stdout } = await adfpush(['--help']);
    expect(exit).toBe(0);
    for (const verb of verbs) expect(stdout).toContain(verb.split(' ')[0]);
  });

  it.each(verbs)('%s --help shows usage, flags, an example and the exit codes', async (verb) => {
    const { exit, stdout, stderr } = await adfpush([...verb.split(' '), '--help']);

    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    for (const heading of ['USAGE', 'FLAGS', 'DESCRIPTION', 'EXAMPLES', 'EXIT CODES']) {
      expect(stdout).toContain(`\n${heading}\n`.trimStart());
    }
    const flags = [...stdout.matchAll(/^ {2,6}(?:-\w, )?(--\S+)/gm)].map(([, flag]) => flag);
    expect(flags).toMatchSnapshot();
  });

  it('says its version without loading anything else', async () => {
    const { exit, stdout } = await adfpush(['--version']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it.each([
    [['deplyo'], 'Error [cli.unknown_command] There is no command "deplyo".\n  Did you mean "deploy"?'],
    [
      ['inventory', 'lst'],
      'Error [cli.unknown_command] There is no command "inventory lst".\n  Did you mean "inventory list"?',
    ],
    [
      ['deploy', '--gruop', 'api'],
      'Error [cli.unknown_flag] adfpush deploy has no flag --gruop.\n  Did you mean --group?',
    ],
    [
      ['deploy', 'api', '--env', 'prod'],
      'Error [cli.unexpected_argument] adfpush deploy does not take "api".\n  Groups are named with --group: adfpush deploy --group api.',
    ],
    [
      ['exec', '-g', 'api', '--env', 'prod', 'uptime'],
      'A command for the hosts stands after two dashes: adfpush exec … -- uptime',
    ],
    [['--verbose'], 'Error [cli.command_first] --verbose stands where the command belongs.'],
    [['--env', 'prod', 'plan'], 'Did you mean adfpush plan --env prod?'],
    [['--'], 'Error [cli.command_first]'],
    [['lock', '--env', 'prod'], 'Error [cli.incomplete_command] "lock" alone is no command.'],
    [['run', '--env', 'prod'], 'Error [cli.missing_argument] adfpush run needs PLAYBOOK.\n  PLAYBOOK: Path'],
    [
      ['deploy', '-g', 'api', '--env', 'prod', '--exit-code'],
      'Error [cli.exit_code_without_check] --exit-code needs --check',
    ],
    [
      ['plan', '-g', 'api,web,api', '--env', 'prod'],
      'Error [cli.repeated_group] --group names "api" more than once.',
    ],
    [['deploy', '-g', 'api', '--env'], 'Error [cli.invalid_flags] Flag --env expects a value.'],
    [
      ['deploy', '-g', 'api', '--env', 'prod', 'now'],
      'Error [cli.unexpected_argument] adfpush deploy does not take "now".',
    ],
    [
      ['deploy', '-g', 'api', '--env', 'prod', '-f', '0'],
      'Error [cli.invalid_flags] --forks: Expected an integer greater than or equal to 1',
    ],
    [
      ['deploy', '-g', 'api', '--env', 'prod', '--grace', 'soon'],
      'Error [cli.invalid_duration] --grace soon: not a duration.',
    ],
    [['deploy', '-g', 'api,,web', '--env', 'prod'], 'Error [cli.empty_name] --group "api,,web"'],
    [
      ['deploy', '-g', 'api', '--env', 'prod', '-e', 'oops'],
      'Error [cli.extra_vars] --extra-vars oops: "oops" is not key=value.',
    ],
    [
      ['deploy', '-g', 'api', '--env', 'prod', '--events', '/no/x'],
      'Error [cli.report_file] --events /no/x: cannot be written',
    ],
    [['deploy', '--env', 'prod'], 'Error [cli.missing_group] --group is missing'],
    [
      ['exec', '-g', 'api', '--env', 'prod'],
      'Error [cli.missing_command_line] There is no command to run on the hosts.',
    ],
    [
      ['exec', '-g', 'api', '--env', 'prod', '--become-user', '-x', '--', 'true'],
      'Error [cli.become_user] --become-user -x: this is not the name of a user.',
    ],
    [
      ['exec', '-g', 'api', '--env', 'prod', '--script', 'nowhere.sh'],
      'nowhere.sh: there is no such file on this machine.',
    ],
    [
      ['status', '-g', 'api', '--env', 'prod', '--project', 'nowhere'],
      'Error [cli.missing_project] --project nowhere',
    ],
  ])('refuses %j with exit code 2 and a way out', async (words, message) => {
    const { exit, stdout, stderr } = await adfpush(words);
    expect(stderr).toContain(message);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  });

  it.each(['deploy', 'plan', 'status', 'exec', 'inventory list', 'inventory graph'])(
    '%s without --env names the environments that exist',
    async (verb) => {
      const tail =
        verb === 'exec' ? ['-g', 'api', '--', 'true'] : verb.startsWith('inventory') ? [] : ['-g', 'api'];
      const { exit, stderr } = await adfpush([...verb.split(' '), ...tail]);
      expect(exit).toBe(2);
      expect(stderr).toBe(
        'Error [cli.missing_env] --env is missing: which environment?\n  Environments of this project: prod, staging.',
      );
    },
  );

  it('says what makes an environment when a project has none', async () => {
    const { exit, stderr } = await adfpush(['inventory', 'list'], 'no-environments');
    expect(exit).toBe(2);
    expect(stderr).toContain('Each is a file in inventory/, such as inventory/prod.yml.');
  });

  it('tells an unknown environment with its nearest name', async () => {
    const { exit, stderr } = await adfpush(['inventory', 'list', '--env', 'stagign']);
    expect(exit).toBe(2);
    expect(stderr).toContain('Did you mean "staging"?');
  });

  it('shows the place of broken YAML', async () => {
    const project = await projectOf({
      'inventory/lab.yml': 'source: static\nhosts:\n  api-1: { groups: [api]\n',
    });

    const { exit, stderr } = await adfpush(['inventory', 'list', '--env', 'lab'], project);

    expect(exit).toBe(2);
    expect(stderr).toMatch(/^Error \[config\.yaml_syntax\] .*\n {2}inventory\/lab\.yml:\d+:\d+\n/);
  });

  it('shows every unknown key with its line, a caret and the nearest known word', async () => {
    const { exit, stderr } = await adfpush(['inventory', 'list', '--env', 'lab'], 'unknown-keys');
    expect(exit).toBe(2);
    expect(stderr).toContain(
      'inventory/lab.yml:3:32\n  3 |   api-1: { address: 127.0.0.1, gruops: [api] }\n    |                                ^\n  Did you mean `groups`?'.replace(
        /`/g,
        '"',
      ),
    );
    expect(stderr).toContain('Did you mean "address"?');
  });

  it('prints one document on stdout with --json, for an error too', async () => {
    const { exit, stdout, stderr } = await adfpush(['deploy', '--json', '-g', 'api', '--env', 'porduction']);
    expect(exit).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ exit: 2, errors: [{ code: 'config.unknown_environment' }] });
    expect(stderr).toContain('Error [config.unknown_environment]');
  });

  it('lists hosts for people and for machines', async () => {
    const table = await adfpush(['inventory', 'list', '--env', 'staging']);
    expect(table.stdout.split('\n')[2]).toMatch(/^api-2 +api-2 +api,worker +127\.0\.0\.2/);

    const document = await adfpush(['inventory', 'list', '--env', 'staging', '--limit', 'web*', '--json']);
    expect(JSON.parse(document.stdout)).toMatchObject({ hosts: [{ id: 'web-1', groups: ['web'] }] });
  });

  it.skipIf(process.getuid?.() !== 0 || !isOpenToOthers(dirname(program)))(
    'works for a user without a passwd entry, as builds in containers have',
    async () => {
      const nobody = { uid: 54_321, gid: 54_321 };

      const { exit, stdout } = await adfpush(['inventory', 'graph', '--env', 'prod'], undefined, nobody);

      expect(stdout).toContain('api-1');
      expect(exit).toBe(0);
    },
  );

  it('shows the groups as ansible-inventory does', async () => {
    const { stdout } = await adfpush(['inventory', 'graph', '--env', 'staging']);
    expect(stdout).toBe(
      '@all:\n  |--@api:\n  |  |--api-1\n  |  |--api-2\n  |--@web:\n  |  |--web-1\n  |--@worker:\n  |  |--api-2',
    );
  });

  it.each([
    [['status', '-g', 'nobody', '--env', 'staging'], 3, 'inventory.empty_group'],
    [['deploy', '-g', 'a*', '--env', 'staging'], 2, 'inventory.wildcard_group'],
    [['inventory', 'list', '--env', 'staging', '-l', ','], 2, 'cli.empty_value'],
  ])('refuses %j', async (words, code, error) => {
    const { exit, stderr } = await adfpush(words);
    expect(stderr).toContain(`Error [${error}]`);
    expect(exit).toBe(code);
  });

  it('tells a refused run in its JUnit report and event file', async () => {
    const folder = temporaryFolder('cli');
    const { exit } = await adfpush([
      ...['deploy', '-g', 'nobody', '--env', 'staging'],
      ...['--junit', join(folder, 'junit.xml'), '--events', join(folder, 'events.ndjson')],
    ]);
    expect(exit).toBe(3);
    expect(readFileSync(join(folder, 'junit.xml'), 'utf8')).toContain(
      '<failure type="inventory.empty_group"',
    );
    expect(readFileSync(join(folder, 'events.ndjson'), 'utf8')).toMatch(
      /^\{"at":"[^"]+Z","type":"run.started"/,
    );
  });

  it('gives the words after -- to the hosts as they are, in their order', async () => {
    const folder = temporaryFolder('cli');
    const events = join(folder, 'events.ndjson');
    await adfpush([
      'exec',
      '-g',
      'web',
      '--env',
      'staging',
      '--events',
      events,
      '--',
      'echo',
      'a',
      '--env',
      'b',
      'a',
    ]);
    expect(readFileSync(events, 'utf8')).toContain('"name":"echo a --env b a"');
  });

  it('keeps its exit code when its output has no reader', async () => {
    const result = await execa({
      reject: false,
      shell: '/bin/bash',
    })`set -o pipefail; ${process.execPath} ${program} deploy --help | head -1`;
    expect(result.stdout).toBe('Roll a release over the hosts of a group');
    expect(result.stderr).toBe('');
  });
});
