import type { PinnedImage } from '../model/release.js';
import type { ControlSide } from '../ports/control-side.js';
import { cut, titleOf, type Channel, type Notification } from './notification.js';
import { post } from './post.js';

export interface GitHubSettings {
  readonly repository: string;
  readonly token: string;
  readonly api: string;
  readonly production: readonly string[];
}

/** The commit that an image was built from, by its label; undefined where it has none. */
export type RevisionOf = (image: PinnedImage) => Promise<string | undefined>;

/** Source: GitHub REST API, deployment statuses. */
const longestDescription = 140;

/**
 * A deployment on GitHub for each run, of the commit that the image was built from, with its statuses. Without `auto_merge: false` GitHub would
 * merge the default branch, and without `required_contexts: []` refuse a commit whose checks have not all passed. A run that is killed leaves its deployment
 * in progress; the next one that succeeds makes it inactive.
 */
export function githubChannel(
  { repository, token, api, production }: GitHubSettings,
  control: ControlSide,
  revisionOf: RevisionOf,
): Channel {
  const url = `${api.replace(/\/+$/, '')}/repos/${repository}/deployments`;
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/vnd.github+json',
    'x-github-api-version': '2022-11-28',
  };
  let deployment: number | undefined;

  return {
    name: `GitHub ${repository}`,
    on: ['start', 'success', 'failure', 'rollback'],
    async tell(notification, signal) {
      if (notification.moment === 'start') {
        const ref = await refOf(notification);
        const made = await post(control, {
          url,
          headers,
          body: JSON.stringify(deploymentOf(notification, ref)),
          signal,
        });
        if (typeof made['id'] !== 'number') throw new Error(`it made no deployment: ${saidIn(made)}`);
        deployment = made['id'];
      }
      // Of a run without a deployment that was told already.
      if (deployment === undefined) return;
      const status = {
        url: `${url}/${deployment}/statuses`,
        headers,
        body: JSON.stringify(statusOf(notification)),
        signal,
      };
      await post(control, status).catch(() => post(control, status));
    },
  };

  async function refOf({ releases }: Notification): Promise<string> {
    const images = releases.flatMap(({ image }) => image ?? []);
    for (const image of images) {
      const revision = await revisionOf(image);
      if (revision !== undefined) return revision;
    }
    throw new Error('no deployment is made: the image has no label org.opencontainers.image.revision');
  }

  function deploymentOf(notification: Notification, ref: string) {
    const { environment, run, verb, groups } = notification;
    return {
      ref,
      environment,
      auto_merge: false,
      required_contexts: [],
      production_environment: production.includes(environment),
      description: cut(titleOf(notification), longestDescription),
      payload: { run, verb, groups },
    };
  }
}

const saidIn = ({ message }: Readonly<Record<string, unknown>>): string =>
  typeof message === 'string' ? message : 'it says nothing of one';

function statusOf(notification: Notification) {
  const { moment, link } = notification;
  const state = moment === 'start' ? 'in_progress' : moment === 'success' ? 'success' : 'failure';
  return {
    state,
    description: cut(titleOf(notification), longestDescription),
    ...(link === undefined ? {} : { log_url: link }),
  };
}
