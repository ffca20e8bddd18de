import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { labAccount, labRegion } from './cloud-services.js';
import { sshPort } from './hosts/fleet.js';

/** What the project of a lab must know to reach it. */
export interface ProjectFacts {
  readonly endpoint: string;
  /** That of every lab when absent. */
  readonly account?: string;
  readonly registryAddress: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly bastion?: string | undefined;
}

/** The files of a project for the environment `lab`, by path. This repository's root has the same for the ports of `lab start`. */
export const projectFiles = (facts: ProjectFacts): Readonly<Record<string, string>> => ({
  'adfpush.yml': `# yaml-language-server: $schema=.adfpush/schema/project.json
name: shop
# Here, and not in your home: a lab's journals are of no use when it is gone.
state: { directory: .adfpush/journals }
`,
  'inventory/lab.yml': `# yaml-language-server: $schema=../.adfpush/schema/inventory.json
# The fleet in a box: adfpush lab start
source: aws_ec2
endpoint: ${facts.endpoint}
account: '${facts.account ?? labAccount}'
regions: [${labRegion}]
filters: { 'tag:Environment': lab }
ssh:
  # Not what your own OpenSSH configuration says of 127.0.0.1.
  config_file: none
  user: lab
  port: ${sshPort}
  identity_file: ${facts.identityFile}
  known_hosts_file: ${facts.knownHostsFile}
${facts.bastion === undefined ? '' : `  proxy_jump: ${facts.bastion}\n`}vars: { registry: '${facts.registryAddress}' }
`,
  'inventory/group_vars/api.yml': `# yaml-language-server: $schema=../../.adfpush/schema/group.json
image: '{{ registry }}/shop/api'
version: v1
container:
  name: api
  ports: ['5060:5000']
  env: { APP_ENV: '{{ env }}' }
  env_file: templates/api.env.hbs
  restart: always
  stop_timeout: 5s
# Short times, so that a roll is over while you watch. The rest of this file is as it would be for a real fleet.
health: { port: 5060, path: /health, passes: 2, interval: 200ms, timeout: 5s }
target_groups: [api-http]
rollout:
  serial: [1, 50%, 100%]
  min_healthy: 50%
  bake: 1s
  on_failure: rollback
  keep_releases: 2
`,
  'inventory/group_vars/worker.yml': `# yaml-language-server: $schema=../../.adfpush/schema/group.json
image: '{{ registry }}/shop/worker'
version: v1
container:
  name: worker
  env: { APP_ENV: '{{ env }}' }
  restart: always
target_groups: none
rollout: { serial: [1, 100%], bake: 1s }
`,
  'templates/api.env.hbs': `# What the container finds in its environment.
APP_GROUP={{ group }}
`,
});

/** Writes a project that is ready to deploy to the lab. */
export function writeProject(directory: string, facts: ProjectFacts): void {
  for (const [path, content] of Object.entries(projectFiles(facts))) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
