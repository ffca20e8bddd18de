import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Milliseconds } from '../model/duration.js';

export interface LoadOptions {
  readonly url: string;
  readonly path?: string;
  /** Each sends one request after the other over a connection that it keeps. 8 unless said otherwise. */
  readonly connections?: number;
  /** All connections together. 200 unless said otherwise. */
  readonly perSecond?: number;
  /** One that takes longer counts as failed. */
  readonly timeout?: Milliseconds;
}

export interface LoadReport {
  readonly sent: number;
  readonly failed: number;
  /** How often each reason was met: `502`, `ECONNRESET`, `timeout`. */
  readonly failures: Readonly<Record<string, number>>;
  /** Answers by the version that gave them (its `x-app-version` header). */
  readonly versions: Readonly<Record<string, number>>;
  readonly slowest: Milliseconds;
}

/** Requests that go on until they are stopped. */
export interface Load {
  report(): LoadReport;
  /** Lets those under way finish, and tells how all of it went. */
  stop(): Promise<LoadReport>;
}

type Answer =
  { readonly ok: true; readonly version: string } | { readonly ok: false; readonly reason: string };

/** Starts to send at once. Anything but a 2xx status counts as failed. */
export function startLoad({
  url,
  path = '/',
  connections = 8,
  perSecond = 200,
  timeout = 10_000,
}: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const failures = new Map<string, number>();
  const versions = new Map<string, number>();
  const interval = (1_000 * connections) / perSecond;
  const end = new AbortController();
  let sent = 0;
  let slowest = 0;

  const sendOne = async (): Promise<void> => {
    sent += 1;
    const began = performance.now();
    const answer = await ask(new URL(path, url), agent, timeout);
    slowest = Math.max(slowest, performance.now() - began);
    if (answer.ok) count(versions, answer.version);
    else count(failures, answer.reason);
  };
  const sendMany = async (first: number): Promise<void> => {
    let due = performance.now() + first;
    for (;;) {
      await pause(due - performance.now(), end.signal);
      if (end.signal.aborted) return;
      await sendOne();
      // What a slow answer delayed is not made up for: the rate is a limit, not a promise.
      due = Math.max(due + interval, performance.now());
    }
  };
  const senders = Array.from({ length: connections }, (_, index) =>
    sendMany((interval / connections) * index),
  );

  const report = (): LoadReport => ({
    sent,
    failed: [...failures.values()].reduce((sum, times) => sum + times, 0),
    failures: Object.fromEntries(failures),
    versions: Object.fromEntries(versions),
    slowest: Math.round(slowest),
  });
  return {
    report,
    stop: async () => {
      end.abort();
      await Promise.all(senders);
      agent.destroy();
      return report();
    },
  };
}

function ask(url: URL, agent: Agent, timeout: Milliseconds): Promise<Answer> {
  return new Promise((resolve) => {
    const asked = request(url, { agent });
    const deadline = setTimeout(() => {
      resolve({ ok: false, reason: 'timeout' });
      asked.destroy();
    }, timeout);
    const settle = (answer: Answer): void => {
      clearTimeout(deadline);
      resolve(answer);
    };
    asked.on('error', (error: NodeJS.ErrnoException) => {
      settle({ ok: false, reason: error.code ?? error.message });
    });
    asked.on('response', (response) => {
      const status = response.statusCode ?? 0;
      const version = response.headers['x-app-version'];
      response.resume();
      response.on('error', (error: NodeJS.ErrnoException) => {
        settle({ ok: false, reason: error.code ?? error.message });
      });
      response.on('end', () => {
        settle(
          status >= 200 && status < 300
            ? { ok: true, version: typeof version === 'string' ? version : 'unknown' }
            : { ok: false, reason: String(status) },
        );
      });
    });
    asked.end();
  });
}

async function pause(duration: Milliseconds, signal: AbortSignal): Promise<void> {
  if (duration <= 0) return;
  await delay(duration, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

const count = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};
