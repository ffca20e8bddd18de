import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';

const failed = (code: string, host: Host, message: string, hint?: string): AdfError =>
  new AdfError({ code, class: 'failed', message, host: describeHost(host), ...defined({ hint }) });

export const inUse = (host: Host, what: string, users: readonly string[]): AdfError =>
  failed(
    'docker.in_use',
    host,
    `The ${what} is not removed: ${users.join(', ')} ${users.length === 1 ? 'uses' : 'use'} it.`,
    'Remove these containers first.',
  );

export const otherwise = (host: Host, what: string, differences: readonly string[], hint: string): AdfError =>
  failed('docker.otherwise', host, `The ${what} is there, but otherwise: ${differences.join('; ')}.`, hint);

export const keepsHold = (host: Host, volume: string): AdfError =>
  failed(
    'docker.hold',
    host,
    `The volume "${volume}" is not removed: adfpush keeps in it what a run holds of the host.`,
    'The command recover settles what is held.',
  );

export const noSuchContainer = (host: Host, container: string, known: readonly string[]): AdfError =>
  failed(
    'docker.no_container',
    host,
    `The host has no container "${container}".`,
    known.length === 0 ? 'It has none at all.' : `It has ${known.join(', ')}.`,
  );

export const containerNotRunning = (host: Host, container: string): AdfError =>
  failed(
    'docker.not_running',
    host,
    `The container "${container}" does not run, so no command can be run in it.`,
    'Start it first.',
  );

export const loginRefused = (host: Host, registry: string, username: string, said: string): AdfError =>
  failed(
    'docker.login',
    host,
    `${registry} does not let "${username}" in: ${said}.`,
    'Look at username and password.',
  );
