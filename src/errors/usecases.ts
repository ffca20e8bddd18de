import { defined } from '../model/defined.js';
import { describeHost, type Host } from '../model/host.js';
import { AdfError } from './adf-error.js';
import { enumerate } from './nearest.js';

/** The same mistake, found for these hosts only: what they have of their own makes it one. */
export const foundFor = (
  { code, class: errorClass, message, hint, at, sourceLine, cause }: AdfError,
  hosts: readonly Host[],
): AdfError =>
  new AdfError({
    code,
    class: errorClass,
    message,
    host: enumerate(hosts.map(describeHost)),
    ...defined({ hint, at, sourceLine, cause }),
  });

export const cloudNotConfigured = (environment: string): AdfError =>
  new AdfError({
    code: 'traffic.no_cloud',
    class: 'invalid',
    message: `The environment "${environment}" does not say how AWS is reached, so its hosts are in no target group.`,
    hint: `Write target_groups: none in inventory/group_vars/all.yml; or give the environment its account and regions, in inventory/${environment}.yml.`,
  });

export const versionNotATag = (version: string, image: string): AdfError =>
  new AdfError({
    code: 'release.version',
    class: 'invalid',
    message: `"${version}" is no version of ${image}: a version is a tag, or a digest sha256:….`,
  });
