import { modules } from '../../src/modules/catalogue.js';

/** Modules whose examples are run on the hosts of a simulated fleet. */
export const onFakes = [
  ...['assert', 'debug', 'include_vars', 'meta', 'pause', 'set_fact', 'ping'],
  ...['docker_network', 'docker_prune', 'docker_volume', 'health', 'uri'],
] as const;

/** Modules whose examples are run on a host of Debian, in this order. */
export const onDebian = [
  // The others use the users that these make.
  ...['group', 'user'],
  ...['apt', 'package', 'service', 'template', 'command', 'copy', 'cron', 'file', 'fetch', 'find'],
  ...['lineinfile', 'replace', 'script', 'setup', 'shell', 'stat', 'unarchive', 'wait_for'],
] as const;

/** Modules whose examples are only checked, and why. */
export const onlyChecked: Readonly<Record<string, string>> = {
  add_host: 'its machines are made by another task: test/operate/add-host.test.ts plays on such hosts',
  async_status: 'another task starts its job: test/docs/playbook-examples.test.ts has both',
  blockinfile: 'a container has its /etc/hosts from its Engine: test/modules/edits.test.ts edits other files',
  docker_container:
    'its image and containers are those of a deploy: test/operate/restart.test.ts restarts them',
  docker_exec: 'its containers and programs are not there: test/modules/docker-objects.test.ts has some',
  docker_image: 'its release is that of a deploy: test/usecases has deploys',
  docker_logs: 'its container prints nothing: test/modules/docker-objects.test.ts has one that does',
  elb_target: 'its two examples belong together: test/modules/elb-target.test.ts has both',
  fail: 'it is right to fail',
  local_command: 'its programs are not there: test/modules/control-side.test.ts has some',
  docker_login: 'it wants a registry that asks for credentials: test/modules/docker-objects.test.ts has one',
  get_url: 'the server of the example is not there: test/modules/get-url.test.ts has one',
  git: 'the server of the example is not there: test/modules/git.test.ts has repositories',
  reboot:
    'its test_command is of systemd, which containers lack: test/fleet/host-modules.test.ts restarts a host',
  systemd: 'containers lack it: test/modules/services.test.ts stands in for it',
  webhook: 'the service of the example is not there: test/modules/control-side.test.ts has one',
};

/** The examples of a module, each as a play for all hosts. */
export const playsOf = (name: string): readonly string[] =>
  (modules.get(name)?.docs?.examples ?? []).map((example) => {
    const handler = /notify: (.*)/.exec(example)?.[1];
    const handlers =
      handler === undefined
        ? ''
        : `  handlers:\n    - { name: ${handler}, command: nginx -s reload, become: true }\n`;
    return `- hosts: all\n  tasks:\n${example.replace(/^(?=.)/gm, '    ')}\n${handlers}`;
  });
