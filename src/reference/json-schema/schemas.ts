import { z } from 'zod';
import { awsSourceSchema } from '../../config/aws-source-schema.js';
import { endpointsSchema } from '../../config/endpoints-file.js';
import { projectSchema } from '../../config/project-config.js';
import { staticSourceSchema } from '../../config/static-source-schema.js';
import { containerSchema } from '../../model/schema/container.js';
import { healthSchema } from '../../model/schema/health.js';
import { repositorySchema, versionSchema } from '../../model/schema/image.js';
import { promoteSchema } from '../../model/schema/promote.js';
import { rolloutSchema } from '../../model/schema/rollout.js';
import { targetGroupsSchema } from '../../model/schema/target-groups.js';
import { modules as packaged } from '../../modules/catalogue.js';
import type { ModulesByName } from '../../modules/module.js';
import { jsonSchemaOf, withTemplates, type JsonSchema } from './from-zod.js';
import { playbookSchema, tasksSchema } from './playbook-schema.js';

/** The kinds of files that have a schema. */
export const schemaKinds = ['playbook', 'tasks', 'inventory', 'group', 'endpoints', 'project'] as const;
export type SchemaKind = (typeof schemaKinds)[number];

const titles: Readonly<Record<SchemaKind, string>> = {
  playbook: 'playbooks/*.yml: a playbook of adfpush',
  tasks: 'a list of tasks of adfpush',
  inventory: 'inventory/ENV.yml: an environment of adfpush',
  group: 'inventory/group_vars/GROUP.yml: a group of hosts of adfpush, and its variables',
  endpoints: 'inventory/endpoints.yml: the service URLs of each environment of adfpush',
  project: 'adfpush.yml: a project of adfpush',
};

/** Each is read by a schema of its own; all other names are the user's own variables. */
const groupVariables = z.looseObject({
  image: repositorySchema.exactOptional().describe('the image of each container that names no other'),
  version: versionSchema.exactOptional().describe('what is deployed unless --version is given'),
  container: containerSchema.exactOptional().describe('the container'),
  containers: z
    .array(containerSchema)
    .exactOptional()
    .describe('instead of container: several, in start order'),
  health: z
    .union([z.literal('none'), healthSchema])
    .exactOptional()
    .describe('how a host proves its health'),
  target_groups: targetGroupsSchema
    .exactOptional()
    .describe('the target groups that its hosts are registered in'),
  rollout: rolloutSchema.exactOptional().describe('how a release is rolled'),
  promote: promoteSchema.exactOptional().describe('what a release must have behind it to be promoted here'),
});

/** The JSON Schema for files of a kind, made from what checks them. `modules` are those that tasks can name. */
export const schemaOf = (kind: SchemaKind, modules: ModulesByName = packaged): JsonSchema => {
  const body = bodies[kind](modules);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: titles[kind],
    ...(typeof body === 'object' ? body : {}),
  };
};

const bodies: Readonly<Record<SchemaKind, (modules: ModulesByName) => JsonSchema>> = {
  playbook: (modules) => playbookSchema(modules),
  tasks: (modules) => tasksSchema(modules),
  inventory: () => ({ anyOf: [jsonSchemaOf(awsSourceSchema), jsonSchemaOf(staticSourceSchema)] }),
  group: () => orEmpty(withTemplates(jsonSchemaOf(groupVariables))),
  endpoints: () => orEmpty(jsonSchemaOf(endpointsSchema)),
  project: () => orEmpty(jsonSchemaOf(projectSchema)),
};

/** A file that holds nothing but comments. */
const orEmpty = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });
