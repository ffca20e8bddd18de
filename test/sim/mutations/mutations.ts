/** A deliberately broken engine: one line of one source file replaced. */
export interface Mutation {
  /** The statement that it breaks; 0 for what has no number. */
  readonly statement: number;
  readonly file: string;
  /** The line as it is, without the blanks around it; the first one of several alike. */
  readonly line: string;
  readonly replacement: string;
}

/** At least one for each of the fifteen statements, and for the promise that nothing is lost: the oracle must catch all of them. */
export const mutations: readonly Mutation[] = [
  {
    statement: 0,
    file: 'src/engine/engine.ts',
    line: 'if (lacks.length === 0 && !unhealthy) continue;',
    replacement: 'if (lacks.length >= 0 && !unhealthy) continue;',
  },
  {
    statement: 1,
    file: 'src/plan/rotation.ts',
    line: 'if (healthy - taking.size < minimum) return { allowed: false, healthy, minimum };',
    replacement: 'if (healthy - taking.size < minimum - 1) return { allowed: false, healthy, minimum };',
  },
  {
    statement: 2,
    file: 'src/plan/restore.ts',
    line: "const had = holds.filter(({ state }) => state !== 'absent');",
    replacement: "const had = holds.filter(({ state }) => state === 'absent');",
  },
  {
    statement: 3,
    file: 'src/model/registration.ts',
    line: "state === 'unused' && reason === 'Target.NotRegistered';",
    replacement: "(state === 'unused' && reason === 'Target.NotRegistered') || state === 'draining';",
  },
  {
    statement: 4,
    file: 'src/engine/interlocks/guarded-traffic.ts',
    line: 'await this.#requireImages();',
    replacement: '',
  },
  {
    statement: 5,
    file: 'src/engine/pinned-images.ts',
    line: '...(digest === undefined ? {} : { digest }),',
    replacement: '',
  },
  {
    statement: 6,
    file: 'src/engine/bake.ts',
    line: 'const end = clock.elapsed() + duration;',
    replacement: 'const end = clock.elapsed() + duration / 2;',
  },
  {
    statement: 7,
    file: 'src/engine/failure-budget.ts',
    line: 'return this.#failed > this.#allowed;',
    replacement: 'return this.#failed > this.#allowed + 99;',
  },
  {
    statement: 8,
    file: 'src/plan/restore.ts',
    line: 'if (!samePolicy(now.restartPolicy, previous.restartPolicy)) {',
    replacement: 'if (samePolicy(now.restartPolicy, previous.restartPolicy)) {',
  },
  {
    statement: 9,
    file: 'src/engine/interlocks/guarded-traffic.ts',
    line: 'await prover.requireHealthy();',
    replacement: '',
  },
  {
    statement: 10,
    file: 'src/usecases/held-lease.ts',
    line: 'run.gate.guardBy(lease, { hosts, run: owner.run, regain: () => this.#regain() });',
    replacement: '',
  },
  {
    statement: 11,
    file: 'src/inventory/sources/account.ts',
    line: 'if (account !== expected) throw wrongAccount(file, expected, account, arn);',
    replacement: 'if (account === undefined) throw wrongAccount(file, expected, account, arn);',
  },
  {
    statement: 12,
    file: 'src/traffic/mutation-queue.ts',
    line: 'if (isTransient(error)) await this.#tryLater(batch, error);',
    replacement: 'if (isTransient(error)) for (const request of batch) request.reject(error);',
  },
  {
    statement: 13,
    file: 'src/events/bus.ts',
    line: 'const event = this.redaction.redact<Event>({ at: this.clock.now(), ...body });',
    replacement: 'const event: Event = { at: this.clock.now(), ...body };',
  },
  {
    statement: 14,
    file: 'src/usecases/open-run.ts',
    line: 'stop: hooks.stop,',
    replacement: 'stop: { ...hooks.stop, signal: new AbortController().signal },',
  },
  {
    statement: 15,
    file: 'src/modules/command-result.ts',
    line: '...(succeeded(result) ? {} : { failure: commandFailed(host.host, result.outcome, result.stderr) }),',
    replacement: '',
  },
  // What a host keeps no note of was given back, whatever the host shows.
  {
    statement: 2,
    file: 'src/plan/claims.ts',
    line: "if (missing.length === 0) return { judge: 'returned' };",
    replacement: "return { judge: 'returned' };",
  },
  // A host is believed while a request whose answer was lost may still be carried out there.
  {
    statement: 3,
    file: 'src/engine/interlocks/unfinished-requests.ts',
    line: 'if (request.isHarmless === true) return;',
    replacement: 'return;',
  },
];
