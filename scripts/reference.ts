import { format } from 'prettier';
import { z } from 'zod';
import { awsSourceSchema } from '../src/config/aws-source-schema.js';
import { dockerSchema } from '../src/config/connection-schema.js';
import { endpointSchema } from '../src/config/endpoints-file.js';
import { projectSchema } from '../src/config/project-config.js';
import {
  githubNotifySchema,
  notifySchema,
  slackNotifySchema,
  teamsNotifySchema,
  webhookNotifySchema,
} from '../src/config/notify-schema.js';
import { secretBackendSchema } from '../src/config/secret-backends.js';
import { sshSchema } from '../src/config/ssh-schema.js';
import { stateSchema } from '../src/config/state-schema.js';
import { hostSchema, staticSourceSchema } from '../src/config/static-source-schema.js';
import { packagedDefaults } from '../src/inventory/layers.js';
import {
  containerSchema,
  healthcheckSchema,
  limitsSchema,
  loggingSchema,
} from '../src/model/schema/container.js';
import { commandSchema, httpSchema } from '../src/model/schema/health.js';
import { repositorySchema, versionSchema } from '../src/model/schema/image.js';
import { promoteSchema } from '../src/model/schema/promote.js';
import { rolloutSchema } from '../src/model/schema/rollout.js';
import { targetGroupsSchema } from '../src/model/schema/target-groups.js';
import { describeKeys } from '../src/reference/describe-schema.js';

/** A part of the reference: a heading, what it is about, and the schemas whose keys it lists. */
interface Section {
  readonly title: string;
  readonly about: string;
  readonly schemas: readonly z.ZodType[];
}

/** Each is read by a schema of its own (`src/inventory/group-settings.ts`). */
const groupVariables = z.strictObject({
  image: repositorySchema
    .exactOptional()
    .describe('the image of each container that names no other, without a version'),
  version: versionSchema
    .default(String(packagedDefaults.values['version']))
    .describe('what is deployed unless `--version` is given; becomes a digest once a run'),
  container: z.object().exactOptional().describe('the container, below'),
  containers: z.array(z.object()).exactOptional().describe('instead of `container`: several, in start order'),
  health: z
    .object()
    .exactOptional()
    .describe('how a host proves its health, below, or `none`; needed with target groups'),
  target_groups: targetGroupsSchema.describe(
    'the target groups that its hosts are registered in; `auto` means those that a load balancer uses on the ports that the group publishes, `none` is for hosts behind no load balancer',
  ),
  rollout: z.object().default({}).describe('how a release is rolled, below'),
});

const sections: readonly Section[] = [
  {
    title: 'adfpush.yml',
    about: 'The project. The file may be missing: then all is as by default.',
    schemas: [projectSchema],
  },
  { title: 'state', about: 'In `adfpush.yml`.', schemas: [stateSchema] },
  {
    title: 'notify',
    about:
      'In `adfpush.yml`: who is told of deploys, promotions, rollbacks and restarts. Each key takes one mapping, or a list of them.',
    schemas: [notifySchema],
  },
  { title: 'notify.webhook', about: 'A JSON document for each.', schemas: [webhookNotifySchema] },
  { title: 'notify.slack', about: 'One message a run, which is edited.', schemas: [slackNotifySchema] },
  { title: 'notify.teams', about: 'A card for each.', schemas: [teamsNotifySchema] },
  { title: 'notify.github', about: 'A deployment a run, with its statuses.', schemas: [githubNotifySchema] },
  {
    title: 'secrets',
    about:
      'In `adfpush.yml`, or in an inventory: where `{{ secret "name" }}` is looked for. Of several backends in a list, the first that has the name gives the value. Each takes the keys that its name stands beside; without any, secrets come from the environment.',
    schemas: secretBackendSchema.options,
  },
  {
    title: 'inventory/ENV.yml: aws_ec2',
    about: 'An environment whose hosts are instances of EC2.',
    schemas: [awsSourceSchema],
  },
  {
    title: 'inventory/ENV.yml: static',
    about: 'An environment whose hosts are listed by hand.',
    schemas: [staticSourceSchema],
  },
  {
    title: 'inventory/endpoints.yml',
    about:
      'For each environment, by its name, a list of endpoints: service URLs, which `adfpush ping` checks and templates call with `{{ endpoint "orders" }}`. These are the keys of an endpoint.',
    schemas: [endpointSchema],
  },
  { title: 'hosts', about: 'One host of a static inventory.', schemas: [hostSchema] },
  {
    title: 'ssh',
    about:
      'In `adfpush.yml`, an inventory, or one of its hosts; the nearest one wins, key by key. What is not said here is as OpenSSH’s configuration says.',
    schemas: [sshSchema],
  },
  { title: 'docker', about: 'In the same places as `ssh`.', schemas: [dockerSchema] },
  {
    title: 'inventory/group_vars/GROUP.yml',
    about:
      'What a group is: variables of these names. They may stand wherever variables may, and hold templates. All other names are your own.',
    schemas: [groupVariables],
  },
  {
    title: 'container',
    about:
      'A variable of the group (`inventory/group_vars/GROUP.yml`), or each of the list `containers`, in start order.',
    schemas: [containerSchema],
  },
  { title: 'container.limits', about: 'What a container may use.', schemas: [limitsSchema] },
  { title: 'container.logging', about: 'Docker’s logging driver.', schemas: [loggingSchema] },
  { title: 'container.healthcheck', about: 'Docker’s own check.', schemas: [healthcheckSchema] },
  {
    title: 'health',
    about:
      'A variable of the group: how a host proves its health, with a `port` or with a `command`; or `none`.',
    schemas: [httpSchema, commandSchema],
  },
  { title: 'rollout', about: 'A variable of the group: how a release is rolled.', schemas: [rolloutSchema] },
  {
    title: 'promote',
    about:
      'A variable of the group: what a release must have behind it before `promote` brings it to this environment.',
    schemas: [promoteSchema],
  },
];

/** `docs/reference.md`, from the schemas that check the files. Throws when a key says nothing of itself. */
export const referencePage = (): Promise<string> =>
  format(pageText(), { parser: 'markdown', printWidth: 110 });

const pageText = (): string =>
  [
    '# Reference of the settings',
    '',
    'Made by `npm run docs` from the schemas that check the files. Durations are written `90s`, `5m`, `1h30m` or `250ms`; a bare number is',
    'seconds. “Hosts or share” is a number of hosts, `3`, or a share of them, `25%`.',
    '',
    ...sections.flatMap(({ title, about, schemas }) => [
      `## ${title}`,
      '',
      about,
      '',
      '| key | type | default | means |',
      '| --- | --- | --- | --- |',
      ...new Set(schemas.flatMap((schema) => rowsOf(schema, title))),
      '',
    ]),
  ].join('\n');

const rowsOf = (schema: z.ZodType, title: string): readonly string[] =>
  describeKeys(schema, title).map((key) => {
    const byDefault =
      key.default === undefined ? (key.required ? 'must be given' : '') : `\`${key.default}\``;
    const cells = [`\`${key.name}\``, key.type, byDefault, key.means];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
