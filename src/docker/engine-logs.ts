import { z } from 'zod';
import { AdfError } from '../errors/adf-error.js';
import { defined } from '../model/defined.js';
import { containerId, type ContainerId } from '../model/ids.js';
import { logTime, unixTime } from '../model/log-time.js';
import type { LoggedContainer, LogLine, LogQuery, LogsOfHost } from '../ports/container-logs.js';
import { containerAnswer } from './answers.js';
import type { EngineClient } from './engine-client.js';
import { LogDecoder } from './log-decoder.js';

const listAnswer = z.array(
  z.object({
    Id: z.string(),
    Names: z.array(z.string()),
    State: z.string(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
);

const notFound = 404;

/** The logs of one Engine, over its API. */
export class EngineLogs implements LogsOfHost {
  constructor(private readonly client: EngineClient) {}

  async containers(labels: Readonly<Record<string, string>>): Promise<readonly LoggedContainer[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const query = { all: '1', filters: JSON.stringify({ label }) };
    const listed = await this.client.read(listAnswer, { method: 'GET', path: '/containers/json', query });
    const found = await Promise.all(
      listed.map(async ({ Id, Names, State, Labels }): Promise<LoggedContainer | undefined> => {
        const known = {
          id: containerId(Id),
          name: (Names[0] ?? '').replace(/^\//, ''),
          labels: Labels ?? {},
          running: State === 'running',
        };
        if (known.running) return known;
        const path = `/containers/${encodeURIComponent(Id)}/json`;
        const answer = await this.client.call({ method: 'GET', path }, [notFound]);
        // One that was removed in the meantime is not there.
        if (answer.status === notFound) return undefined;
        const { StartedAt, FinishedAt } = this.client.parse(containerAnswer, answer).State;
        const times = { startedAt: logTime(StartedAt ?? ''), finishedAt: logTime(FinishedAt ?? '') };
        return { ...known, ...defined(times) };
      }),
    );
    return found.filter((one) => one !== undefined);
  }

  async *read(
    container: ContainerId,
    { since, tail, follow = false }: LogQuery,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogLine[]> {
    const body = await this.client.open({
      method: 'GET',
      path: `/containers/${encodeURIComponent(container)}/logs`,
      query: {
        stdout: '1',
        stderr: '1',
        timestamps: '1',
        follow: follow ? '1' : '0',
        tail: tail === undefined ? 'all' : String(tail),
        ...defined({ since: since === undefined ? undefined : unixTime(since) }),
      },
      signal,
    });
    try {
      yield [];
      const decoder = new LogDecoder();
      for await (const chunk of body.stream) yield decoder.write(chunk as Buffer);
      yield decoder.end();
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof AdfError ? error : this.client.brokenOff(error);
    } finally {
      body.close();
    }
  }
}
