import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

export interface LoadResult {
  readonly sent: number;
  /** What went wrong, each in words; empty when every request was answered with 200. */
  readonly failures: readonly string[];
  /** When each of those was sent, and when it failed; as `Date.now()` tells. */
  readonly failedBetween: readonly (readonly [sent: number, failed: number])[];
  /** How many answers came from each version. */
  readonly byVersion: Readonly<Record<string, number>>;
}

/** Clients of the balancer that never stop asking, about 400 times a second together. */
export class Load {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: readonly Promise<void>[];
  readonly #failures: string[] = [];
  readonly #failedBetween: (readonly [number, number])[] = [];
  readonly #byVersion: Record<string, number> = {};
  #sent = 0;
  #stopping = false;

  constructor(
    private readonly url: string,
    clients = 8,
  ) {
    this.#clients = Array.from({ length: clients }, async () => this.#run());
  }

  /** Resolves when the last request was answered. */
  async stop(): Promise<LoadResult> {
    this.#stopping = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
    const [failures, failedBetween] = [this.#failures, this.#failedBetween];
    return { sent: this.#sent, failures, failedBetween, byVersion: this.#byVersion };
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#sent += 1;
      const sent = Date.now();
      const failed = (how: string): void => {
        this.#failures.push(how);
        this.#failedBetween.push([sent, Date.now()]);
      };
      try {
        const { status, body } = await this.#ask();
        const version = body.trim();
        if (status === 200) this.#byVersion[version] = (this.#byVersion[version] ?? 0) + 1;
        else failed(`${String(status)} ${version}`);
      } catch (error) {
        failed(error instanceof Error ? error.message : String(error));
      }
      // Not a wait for anything: the pace of the clients.
      await pause(20);
    }
  }

  /** With http and not with fetch, which refuses ports it deems unsafe and tries again by itself. */
  #ask(): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const asked = request(this.url, { agent: this.#agent, timeout: 10_000 }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body });
        });
        response.on('error', reject);
      });
      asked.on('timeout', () => asked.destroy(new Error('no answer within 10 s')));
      asked.on('error', reject);
      asked.end();
    });
  }
}
