import type {
  ControlAnswer,
  ControlRequest,
  ControlRunOptions,
  ControlSide,
} from '../../src/ports/control-side.js';
import type { CommandResult } from '../../src/ports/transport.js';

/** A control machine on which nothing happens but what the test says. */
export class FakeControlSide implements ControlSide {
  readonly commands: { readonly argv: readonly string[]; readonly options: ControlRunOptions }[] = [];
  readonly requests: ControlRequest[] = [];
  readonly paths = new Set<string>();
  /** What the next command does, and all after it. */
  result: Partial<CommandResult> = {};
  /** What requests are answered, one after the other; the last answer stays. */
  answers: readonly ControlAnswer[] = [{ kind: 'answer', status: 200, headers: {}, body: 'ok' }];

  run(argv: readonly string[], options: ControlRunOptions = {}): Promise<CommandResult> {
    this.commands.push({ argv, options });
    const ended = {
      outcome: { kind: 'exited', code: 0 },
      stdout: '',
      stderr: '',
      duration: 1,
      truncated: false,
    } as const;
    return Promise.resolve({ ...ended, ...this.result });
  }

  exists(path: string): Promise<boolean> {
    return Promise.resolve(this.paths.has(path));
  }

  request(request: ControlRequest): Promise<ControlAnswer> {
    this.requests.push(request);
    const answer = this.answers[Math.min(this.requests.length, this.answers.length) - 1];
    return answer === undefined ? Promise.reject(new Error('no answer was given')) : Promise.resolve(answer);
  }
}
