import type { Moment, NotifySettings } from '../config/notify-schema.js';
import { renderedUrlSchema } from '../config/endpoints-file.js';
import type { ProjectConfig } from '../config/project-config.js';
import { validate } from '../config/validate.js';
import { Diagnostics } from '../errors/diagnostics.js';
import type { Layer } from '../expression/scope.js';
import { render } from '../expression/templates.js';
import { Variables } from '../expression/variables.js';
import { defined } from '../model/defined.js';
import { revealed } from '../model/secret.js';
import { locateWithin, type ValuePath } from '../model/source.js';
import { githubChannel } from '../notify/github.js';
import type { Channel } from '../notify/notification.js';
import { Notifier } from '../notify/notifier.js';
import { slackChannel } from '../notify/slack.js';
import { teamsChannel } from '../notify/teams.js';
import { webhookChannel } from '../notify/webhook.js';
import type { Clock } from '../ports/clock.js';
import type { ControlSide } from '../ports/control-side.js';
import type { Registry } from '../ports/registry.js';
import type { ProjectSecrets } from './project-secrets.js';

/** What the channels need of a world. */
interface NotifyPorts {
  readonly config: Pick<ProjectConfig, 'notify' | 'locate'>;
  /** Of the whole environment, the lowest precedence first. */
  readonly layers: () => Promise<readonly Layer[]>;
  readonly environment: string;
  readonly secrets: ProjectSecrets;
  readonly control: ControlSide;
  readonly clock: Clock;
  readonly registry: Registry;
}

/** Opens the channels that are told of a run. Undefined where no channel is for the environment. Throws what is wrong with their templates, and what keeps a secret from being fetched. */
export type OpenNotifier = (warn: (message: string) => void) => Promise<Notifier | undefined>;

export const notifierOf =
  (ports: NotifyPorts): OpenNotifier =>
  async (warn) => {
    const { config, environment, secrets, clock } = ports;
    const wanted = wantedIn(config.notify, environment);
    if (Object.values(wanted).every((list) => list.length === 0)) return undefined;
    const layers = await ports.layers();
    secrets.expect([...layers, { name: 'adfpush.yml', values: { notify: config.notify } }], ['notify']);
    await secrets.fetch();
    const channels = channelsOf(wanted, layers, ports);
    return new Notifier(channels, clock, warn);
  };

/** Those that are for this environment, each with where it stands. */
function wantedIn(notify: NotifySettings, environment: string) {
  const of = <T extends { readonly environments?: readonly string[] }>(kind: string, list: readonly T[]) =>
    list.flatMap((settings, index) =>
      settings.environments?.includes(environment) === false
        ? []
        : [{ settings, path: ['notify', kind, ...(list.length > 1 ? [index] : [])] as ValuePath }],
    );
  return {
    webhook: of('webhook', notify.webhook),
    slack: of('slack', notify.slack),
    teams: of('teams', notify.teams),
    github: of('github', notify.github),
  };
}

function channelsOf(
  { webhook, slack, teams, github }: ReturnType<typeof wantedIn>,
  layers: readonly Layer[],
  { config, control, registry }: NotifyPorts,
): readonly Channel[] {
  const variables = Variables.of(layers);
  const textOf = (path: ValuePath, text: string): string =>
    String(revealed(render({ value: text, locate: locateWithin(config.locate, path) }, variables)));
  const urlOf = (path: ValuePath, text: string): string => {
    const value = textOf(path, text);
    return validate(renderedUrlSchema, { value, locate: locateWithin(config.locate, path) }, path);
  };
  const diagnostics = new Diagnostics();
  const made = [
    ...webhook.map(({ settings: { url, key, on }, path }) =>
      diagnostics.collect(() =>
        webhookChannel(
          {
            url: urlOf([...path, 'url'], url),
            on: on satisfies readonly Moment[],
            ...defined({ key: key === undefined ? undefined : textOf([...path, 'key'], key) }),
          },
          control,
        ),
      ),
    ),
    ...slack.map(({ settings: { channel, token, api, on }, path }) =>
      diagnostics.collect(() =>
        slackChannel(
          { channel, on, token: textOf([...path, 'token'], token), api: urlOf([...path, 'api'], api) },
          control,
        ),
      ),
    ),
    ...teams.map(({ settings: { url, on }, path }) =>
      diagnostics.collect(() => teamsChannel({ on, url: urlOf([...path, 'url'], url) }, control)),
    ),
    ...github.map(({ settings: { repository, token, api, production }, path }) =>
      diagnostics.collect(() =>
        githubChannel(
          {
            repository,
            production,
            token: textOf([...path, 'token'], token),
            api: urlOf([...path, 'api'], api),
          },
          control,
          async (image) => (await registry.labels?.(image))?.['org.opencontainers.image.revision'],
        ),
      ),
    ),
  ];
  diagnostics.refuse();
  return made.filter((channel) => channel !== undefined);
}
