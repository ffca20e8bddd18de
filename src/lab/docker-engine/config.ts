import { z } from 'zod';

const names = z.array(z.string()).nullish();
const texts = z.record(z.string(), z.string()).nullish();

/** `docker update` and creation speak of it alike. */
export const restartPolicySchema = z.object({
  Name: z.enum(['', 'no', 'always', 'unless-stopped', 'on-failure']).nullish(),
  MaximumRetryCount: z.number().nullish(),
});

const portBindings = z
  .record(
    z.string(),
    z.array(z.object({ HostIp: z.string().nullish(), HostPort: z.string().nullish() })).nullable(),
  )
  .nullish();

/** The body of `POST /containers/create`: the parts that the lab acts on; what else is said is kept and shown again. */
export const createSchema = z.looseObject({
  Image: z.string(),
  Cmd: z.union([names, z.string()]),
  Entrypoint: z.union([names, z.string()]),
  Env: names,
  Labels: texts,
  Hostname: z.string().nullish(),
  ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  Tty: z.boolean().nullish(),
  StopSignal: z.string().nullish(),
  StopTimeout: z.number().nullish(),
  HostConfig: z
    .looseObject({
      PortBindings: portBindings,
      RestartPolicy: restartPolicySchema.nullish(),
      NetworkMode: z.string().nullish(),
      AutoRemove: z.boolean().nullish(),
      Binds: names,
      Mounts: z.array(z.looseObject({ Type: z.string(), Source: z.string().nullish() })).nullish(),
    })
    .nullish(),
  NetworkingConfig: z.looseObject({ EndpointsConfig: z.record(z.string(), z.unknown()).nullish() }).nullish(),
});

export type ContainerConfig = z.infer<typeof createSchema>;

export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure';
  readonly maximumRetries: number;
}

export const restartPolicyOf = (
  policy: z.infer<typeof restartPolicySchema> | null | undefined,
): RestartPolicy => ({
  name: policy?.Name === undefined || policy.Name === null || policy.Name === '' ? 'no' : policy.Name,
  maximumRetries: policy?.MaximumRetryCount ?? 0,
});

/** One published port. */
export interface Binding {
  readonly hostAddress: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: string;
}

export const bindingsOf = (config: ContainerConfig): readonly Binding[] =>
  Object.entries(config.HostConfig?.PortBindings ?? {}).flatMap(([port, bindings]) => {
    const [containerPort, protocol = 'tcp'] = port.split('/');
    return (bindings ?? []).map(({ HostIp, HostPort }) => ({
      hostAddress: HostIp ?? '',
      hostPort: Number(HostPort ?? containerPort),
      containerPort: Number(containerPort),
      protocol,
    }));
  });

/** `NAME=value` lines; of one name, the last counts. */
export const environmentOf = (lines: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=');
      return at === -1 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
    }),
  );
