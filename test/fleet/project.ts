import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FleetCloud } from './cloud.js';
import type { Machines } from './machines.js';

/** What a case wants otherwise in the project's files. Merged over the group's variables, key by key. */
export type GroupVars = Readonly<Record<string, unknown>>;

/** The project of the fleet: what a user of adfpush would have in a repository, for the environment `prod`. */
export class Project {
  /** What the case wants of the group's variables at the moment. */
  vars: GroupVars = {};

  constructor(
    readonly folder: string,
    private readonly machines: Machines,
    cloud: FleetCloud,
  ) {
    this.settings({});
    this.write('inventory/prod.yml', {
      source: 'aws_ec2',
      account: cloud.account,
      regions: [cloud.region],
      endpoint: cloud.endpoint,
      filters: { 'tag:Environment': 'prod' },
      address: 'private_ip',
      vars: { registry: machines.registry },
    });
    this.group({});
  }

  /** Rewrites `adfpush.yml`, with these of the SSH settings over its own, and these keys besides. */
  settings(ssh: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}): void {
    const { user, keyFile, knownHostsFile, registry } = this.machines;
    this.write('adfpush.yml', {
      name: 'fleet',
      ssh: { config_file: 'none', user, identity_file: keyFile, known_hosts_file: knownHostsFile, ...ssh },
      insecure_registries: [registry],
      ...more,
    });
  }

  /** Rewrites the group's variables: the defaults of all cases, with these over them. Returns what undoes it. */
  group(vars: GroupVars): () => void {
    const before = this.vars;
    this.vars = vars;
    const rollout = { serial: [1, '100%'], min_healthy: '25%', bake: '500ms', ...record(vars['rollout']) };
    const health = { port: 5060, path: '/health', passes: 2, interval: '250ms', timeout: '8s' };
    this.write('inventory/group_vars/api.yml', {
      image: '{{ registry }}/api',
      version: 'v1',
      container: { name: 'api', ports: ['5060:5000'], env: { APP_ENV: '{{ env }}' }, stop_timeout: '5s' },
      target_groups: ['api-http'],
      ...vars,
      health: { ...health, ...record(vars['health']) },
      rollout,
    });
    return () => {
      this.group(before);
    };
  }

  /** A file of the project. YAML holds all of JSON, so that is what it is written as. */
  write(file: string, content: unknown): void {
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
  }
}

const record = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {});
