import { z } from 'zod';
import { defined } from '../model/defined.js';
import type { DockerSettings, SshSettings } from '../model/host.js';
import {
  accountId,
  environmentName,
  type AccountId,
  type EnvironmentName,
  type Region,
} from '../model/ids.js';
import type { Locate } from '../model/source.js';
import { awsSourceSchema, type AddressPolicy } from './aws-source-schema.js';
import type { SecretBackendSettings } from './secret-backends.js';
import { staticSourceSchema, type StaticHostEntry } from './static-source-schema.js';
import { validate } from './validate.js';
import { variablesWithin, type VariablesFile } from './variables-file.js';
import type { YamlDocument } from './yaml.js';

/** How the AWS account of an environment is reached. */
export interface CloudAccess {
  /** Never empty. */
  readonly regions: readonly Region[];
  /** Whose account it must be. */
  readonly account?: AccountId;
  /** The ARN of a role to assume. */
  readonly role?: string;
  /** A profile of the AWS configuration files. */
  readonly profile?: string;
  /** Where AWS is spoken, when it is not at AWS: the lab. */
  readonly endpoint?: string;
}

/** `inventory/<environment>.yml`, checked. */
export type EnvironmentFile = AwsEnvironment | StaticEnvironment;

interface EnvironmentBase {
  readonly name: EnvironmentName;
  readonly file: string;
  /** Where a value stands, by its path from the root of the file. */
  readonly locate: Locate;
  readonly ssh: SshSettings;
  readonly docker: DockerSettings;
  readonly vars: VariablesFile;
  /** Where `{{ secret "name" }}` is looked for; absent where the project says it. */
  readonly secretBackends?: readonly SecretBackendSettings[];
  /** By the name of the group. */
  readonly groupVars: ReadonlyMap<string, VariablesFile>;
}

export interface AwsEnvironment extends EnvironmentBase {
  readonly source: 'aws_ec2';
  readonly access: CloudAccess & { readonly account: AccountId };
  /** EC2's filter names, with the values as the user wrote them: not escaped yet. */
  readonly filters: Readonly<Record<string, readonly string[]>>;
  /** The key of the tag that names a host's groups. */
  readonly groupTag: string;
  readonly address: AddressPolicy;
}

export interface StaticEnvironment extends EnvironmentBase {
  readonly source: 'static';
  /** Absent when the file says nothing of AWS: then its hosts are in no target group. */
  readonly access?: CloudAccess;
  readonly hosts: readonly StaticHost[];
}

interface StaticHost extends StaticHostEntry {
  readonly variables: VariablesFile;
}

/** All variables that an environment's file has, wherever they stand in it. */
export const variablesOf = (environment: EnvironmentFile): readonly VariablesFile[] => [
  environment.vars,
  ...environment.groupVars.values(),
  ...(environment.source === 'static' ? environment.hosts.map(({ variables }) => variables) : []),
];

const sourceSchema = z.looseObject({ source: z.enum(['aws_ec2', 'static']) });

/** Throws what is wrong with the file, all of it. */
export function readEnvironmentFile(name: string, file: string, document: YamlDocument): EnvironmentFile {
  const { source } = validate(sourceSchema, document);
  return source === 'aws_ec2' ? readAws(name, file, document) : readStatic(name, file, document);
}

function readAws(name: string, file: string, document: YamlDocument): AwsEnvironment {
  const read = validate(awsSourceSchema, document);
  const { account, role, profile, endpoint, regions } = read;
  return {
    ...base(name, file, document, read),
    source: 'aws_ec2',
    access: {
      account: accountId(account),
      regions,
      ...defined({ role, profile, endpoint }),
    },
    filters: read.filters,
    groupTag: read.group_by,
    address: read.address,
  };
}

function readStatic(name: string, file: string, document: YamlDocument): StaticEnvironment {
  const read = validate(staticSourceSchema, document);
  const { account, role, profile, endpoint, region: home } = read;
  return {
    ...base(name, file, document, read),
    source: 'static',
    ...(home === undefined
      ? {}
      : {
          access: {
            regions: [home],
            ...(account === undefined ? {} : { account: accountId(account) }),
            ...defined({ role, profile, endpoint }),
          },
        }),
    hosts: read.hosts.map(({ path, ...entry }) => ({
      ...entry,
      path,
      variables: variablesWithin(`${file} hosts`, entry.vars, document.locate, ['hosts', ...path, 'vars']),
    })),
  };
}

interface CommonKeys {
  readonly ssh: SshSettings;
  readonly docker: DockerSettings;
  readonly vars: Readonly<Record<string, unknown>>;
  readonly secrets?: readonly SecretBackendSettings[];
  readonly groups: Readonly<Record<string, { readonly vars: Readonly<Record<string, unknown>> }>>;
}

function base(name: string, file: string, { locate }: YamlDocument, read: CommonKeys): EnvironmentBase {
  return {
    name: environmentName(name),
    file,
    locate,
    ssh: read.ssh,
    docker: read.docker,
    vars: variablesWithin(file, read.vars, locate, ['vars']),
    ...defined({ secretBackends: read.secrets }),
    groupVars: new Map(
      Object.entries(read.groups).map(([group, { vars }]) => [
        group,
        variablesWithin(`${file} groups.${group}`, vars, locate, ['groups', group, 'vars']),
      ]),
    ),
  };
}
