import { z } from 'zod';
import { textSchema, textsSchema } from '../model/schema/text.js';

/** What is told: that a roll begins, and how it ended. */
const moments = ['start', 'success', 'failure', 'rollback'] as const;
export type Moment = (typeof moments)[number];

/** Read in full when a run begins: a template may name a secret. */
const templateSchema = textSchema;

const whenKeys = {
  on: z
    .array(z.enum(moments))
    .min(1)
    .default([...moments])
    .describe(
      'what is told: `start` (a roll begins), `success`, `failure`, `rollback` (a run that failed, and left every host as it was before)',
    ),
  environments: textsSchema
    .exactOptional()
    .describe('only of these environments, a name or a list; of all without it'),
};

export const webhookNotifySchema = z.strictObject({
  url: templateSchema.describe(
    'where a JSON document is posted to; may hold templates, as `{{ secret "name" }}`',
  ),
  key: templateSchema
    .exactOptional()
    .describe('what each document is signed with: its HMAC-SHA256 is in the header `X-Adfpush-Signature`'),
  ...whenKeys,
});

export const slackNotifySchema = z.strictObject({
  channel: textSchema.describe('the channel, by its name or id; the bot must be a member of it'),
  token: templateSchema.describe('the token of a bot with the scope `chat:write`; may hold templates'),
  api: templateSchema.default('https://slack.com/api').describe('where the API of Slack is'),
  ...whenKeys,
});

export const teamsNotifySchema = z.strictObject({
  url: templateSchema.describe('the address of a workflow of Microsoft Teams; may hold templates'),
  ...whenKeys,
});

export const githubNotifySchema = z.strictObject({
  repository: textSchema
    .regex(/^[\w.-]+\/[\w.-]+$/, { error: 'must be owner/name' })
    .describe('the repository that images are built from: `owner/name`'),
  token: templateSchema.describe('a token that may write deployments; may hold templates'),
  api: templateSchema.default('https://api.github.com').describe('where the API of GitHub is'),
  production: textsSchema
    .default(['prod', 'production'])
    .describe('the environments that are production: a name or a list'),
  environments: whenKeys.environments,
});

/** One, or a list of them. */
const several = <T extends z.ZodType>(schema: T) =>
  z.union([schema.transform((one) => [one]), z.array(schema)]).default([]);

/** `notify` in `adfpush.yml`: who is told of rolls. */
export const notifySchema = z.strictObject({
  webhook: several(webhookNotifySchema).describe('posts a JSON document, below'),
  slack: several(slackNotifySchema).describe(
    'one message in a channel of Slack, which is edited when the run ends, below',
  ),
  teams: several(teamsNotifySchema).describe('messages in Microsoft Teams, below'),
  github: several(githubNotifySchema).describe(
    'deployments of a repository on GitHub, with their statuses, below',
  ),
});

export type NotifySettings = z.output<typeof notifySchema>;
