import { AdfError } from './adf-error.js';

export const cloudNotConfigured = (environment: string): AdfError =>
  new AdfError({
    code: 'traffic.no_cloud',
    class: 'invalid',
    message: `The environment "${environment}" does not say how AWS is reached, so its hosts are in no target group.`,
    hint: 'Write target_groups: none in group_vars; or give the environment its account and region.',
  });

export const versionNotATag = (version: string, image: string): AdfError =>
  new AdfError({
    code: 'release.version',
    class: 'invalid',
    message: `"${version}" is no version of ${image}: a version is a tag, or a digest sha256:….`,
  });
