import type { Told } from './told.js';

/** What happens to the fleet while a blip comes. */
export type Story = 'deploy' | 'deploy with a joiner' | 'restore' | 'rollback' | 'recover';

/** A part of a run, and how to know that it begins. */
export interface Phase {
  readonly name: string;
  readonly story: Story;
  readonly begins: (told: Told) => boolean;
}

const intends =
  (what: string) =>
  (told: Told): boolean =>
    told.type === 'mutation.intended' && String(told['what']).startsWith(what);

const task =
  (module: string) =>
  (told: Told): boolean =>
    told.type === 'task.started' && field(told, 'task', 'module') === module;

const phase =
  (type: 'phase.started' | 'phase.ended', name: string) =>
  (told: Told): boolean =>
    told.type === type && told['phase'] === name;

const event =
  (type: string) =>
  (told: Told): boolean =>
    told.type === type;

/** Who comes to the fleet while it is rolled. */
const joinerName = 'api-4';

const deploy = (name: string, begins: Phase['begins']): Phase => ({ name, story: 'deploy', begins });

/** In the order in which they come. */
export const phases = [
  deploy('connecting', phase('phase.ended', 'inventory')),
  deploy('preflight', phase('phase.started', 'preflight')),
  deploy('pull', intends('pull ')),
  deploy('drain', intends('deregister ')),
  deploy('step', task('shell')),
  deploy('create', intends('create container ')),
  deploy('stop', intends('stop container ')),
  deploy('start', intends('start container ')),
  deploy('proof', task('health')),
  deploy('return', intends('register ')),
  deploy('bake', event('bake.started')),
  deploy('settling', event('bake.ended')),
  deploy('pruning', task('docker_prune')),
  deploy('audit', phase('phase.started', 'audit')),
  {
    name: 'joiner',
    story: 'deploy with a joiner',
    begins: (told) => task('elb_target')(told) && field(told, 'host', 'name') === joinerName,
  },
  { name: 'restore', story: 'restore', begins: event('restore.started') },
  { name: 'rollback', story: 'rollback', begins: event('rollback.started') },
  { name: 'recover', story: 'recover', begins: event('restore.started') },
] as const satisfies readonly Phase[];

export type PhaseName = (typeof phases)[number]['name'];

/** The host that something is told of, by its name or instance id: the first one of a rollback. */
export function hostOf(told: Told): string | undefined {
  const rolledBack = told.type === 'rollback.started' ? told['hosts'] : undefined;
  const host: unknown = Array.isArray(rolledBack) ? rolledBack[0] : told['host'];
  const id: unknown = typeof host === 'object' && host !== null ? Reflect.get(host, 'name') : host;
  return typeof id === 'string' ? id : undefined;
}

function field(told: Told, name: string, key: string): unknown {
  const value = told[name];
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
