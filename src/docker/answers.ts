import { z } from 'zod';

/** What is read of the Engine's answers, as its API 1.41 and later give them. */

const portBindings = z
  .record(
    z.string(),
    z.array(z.object({ HostIp: z.string().nullish(), HostPort: z.string().nullish() })).nullable(),
  )
  .nullish();

export const containerAnswer = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  RestartCount: z.number().default(0),
  State: z.object({
    Running: z.boolean(),
    Paused: z.boolean().default(false),
    Restarting: z.boolean().default(false),
    Dead: z.boolean().default(false),
    ExitCode: z.number().default(0),
    StartedAt: z.string().nullish(),
    FinishedAt: z.string().nullish(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  Config: z.object({
    Image: z.string().default(''),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
  HostConfig: z.object({
    AutoRemove: z.boolean().default(false),
    CgroupParent: z.string().nullish(),
    RestartPolicy: z.object({ Name: z.string(), MaximumRetryCount: z.number().default(0) }).nullish(),
    PortBindings: portBindings,
    Binds: z.array(z.string()).nullish(),
    Mounts: z.array(z.object({ Type: z.string(), Source: z.string().nullish() })).nullish(),
  }),
  NetworkSettings: z
    .object({ Ports: portBindings, Networks: z.record(z.string(), z.unknown()).nullish() })
    .nullish(),
});
export type ContainerAnswer = z.infer<typeof containerAnswer>;

export const environmentAnswer = z.object({
  Config: z.object({ Env: z.array(z.string()).nullish() }),
});

export const containerListAnswer = z.array(z.object({ Id: z.string() }));

export const createdAnswer = z.object({ Id: z.string(), Warnings: z.array(z.string()).nullish() });

export const imageAnswer = z.object({
  Id: z.string(),
  RepoTags: z.array(z.string()).nullish(),
  RepoDigests: z.array(z.string()).nullish(),
  Os: z.string().default(''),
  Architecture: z.string().default(''),
  Variant: z.string().nullish(),
  Config: z
    .object({ Labels: z.record(z.string(), z.string()).nullish(), Env: z.array(z.string()).nullish() })
    .nullish(),
});
export type ImageAnswer = z.infer<typeof imageAnswer>;

export const imageListAnswer = z.array(z.object({ Id: z.string() }));

export const infoAnswer = z.object({
  DockerRootDir: z.string().nullish(),
  SystemTime: z.string().nullish(),
  /** As the kernel says it: `armv7l`. */
  Architecture: z.string().nullish(),
});

/** One line of a pull. */
export const pullLine = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string() }).optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
});
export type PullLine = z.infer<typeof pullLine>;
