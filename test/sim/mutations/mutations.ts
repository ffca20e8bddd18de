import type { Edit } from './edit.js';

/** A deliberately broken engine: texts of its sources replaced. */
export type Mutation = Edit & {
  /** The statement that it breaks; 0 for a promise that has no number. */
  readonly statement: number;
  /** What the broken engine does: "an engine that …". */
  readonly what: string;
  /** A seed that catches it. When the world or the engine has changed, another may: it is searched for, and told. */
  readonly seed: number;
  /** Replaced as well. */
  readonly also?: readonly Edit[];
};

/** Defended twice: alone neither is seen, since the other one keeps the harm away; without both it is. */
export type DoubleDefence = Mutation & {
  readonly second: { readonly what: string; readonly edits: readonly Edit[] };
};

export const editsOf = ({ also = [], ...edit }: Edit & Pick<Mutation, 'also'>): readonly Edit[] => [
  edit,
  ...also,
];

/** At least one for each of the fifteen statements, and for the promises: the oracle must catch all of them. */
export const mutations: readonly Mutation[] = [
  // The promises: nothing is lost, no request is dropped.
  {
    statement: 0,
    what: 'does not name what is still held at its end',
    seed: 7,
    file: 'src/engine/engine.ts',
    line: 'if (lacks.length === 0 && !unhealthy) continue;',
    replacement: 'if (lacks.length >= 0 && !unhealthy) continue;',
  },
  {
    statement: 0,
    what: 'leaves the notes of settled holds on their hosts',
    seed: 3,
    file: 'src/engine/hold-book.ts',
    line: "if (as !== 'named' && as !== 'gone') {",
    replacement: "if (as === 'gone') {",
  },
  {
    statement: 0,
    what: 'leaves the notes of replaced containers on their hosts',
    seed: 5,
    file: 'src/engine/hold-book.ts',
    line: 'await this.#copies.forget(hold, host, true);',
    replacement: '',
  },
  {
    statement: 0,
    what: 'does not write down what it is about to change',
    seed: 7,
    file: 'src/engine/interlocks/mutation-gate.ts',
    line: "await journal.append({ at: clock.now(), type: 'mutation.intended', ...about, what, ...own });",
    replacement: '',
  },
  {
    statement: 0,
    what: 'resumes no Auto Scaling group',
    seed: 42,
    file: 'src/usecases/scaling.ts',
    line: 'return { results, scaling: await restoreScaling(run, held, whyKept(groups, results)) };',
    replacement: 'return { results, scaling: { left: [], errors: [], warnings: [] } };',
  },
  {
    statement: 0,
    what: 'does not prove a host healthy that it restores',
    seed: 52,
    file: 'src/plan/restore.ts',
    line: "return [{ do: 'prove_health', probe, required }];",
    replacement: 'return [];',
  },
  {
    statement: 0,
    what: 'does not start the old container of a host that it restores',
    seed: 31,
    file: 'src/plan/restore.ts',
    line: 'if (previous.running && !now.running && now.restarting !== true)',
    replacement: 'if (previous.running && now.running)',
  },
  {
    statement: 0,
    what: 'leaves the new container in place when it restores a host',
    seed: 31,
    file: 'src/plan/restore.ts',
    line: "return [{ do: 'remove_container', container: current.id, name: hold.name }];",
    replacement: 'return [];',
  },
  {
    statement: 0,
    what: 'rolls back a host without draining it first',
    seed: 77,
    file: 'src/plan/restore.ts',
    line: 'const drains = containers.length > 0 && reached.length > 0;',
    replacement: 'const drains = false;',
  },
  // 1. The floor.
  {
    statement: 1,
    what: 'miscounts the floor by one',
    seed: 12,
    file: 'src/plan/rotation.ts',
    line: 'if (healthy - taking.size < minimum) return { allowed: false, healthy, minimum };',
    replacement: 'if (healthy - taking.size < minimum - 1) return { allowed: false, healthy, minimum };',
  },
  {
    statement: 1,
    what: 'takes hosts out whatever the floor says',
    seed: 119,
    file: 'src/engine/interlocks/floor-guard.ts',
    line: 'if (blocked === undefined) return;',
    replacement: 'return;',
  },
  {
    statement: 1,
    what: 'takes out the last healthy target of a zone',
    seed: 48,
    file: 'src/plan/rotation.ts',
    line: 'if (left <= count) return { allowed: false, healthy, minimum, zone };',
    replacement: 'if (left < count) return { allowed: false, healthy, minimum, zone };',
  },
  {
    statement: 1,
    what: 'believes a balancer that still shows healthy what it took out itself',
    seed: 96,
    file: 'src/engine/interlocks/floor-guard.ts',
    line: 'for (const registration of registrations) this.#out.add(registrationKey(registration));',
    replacement: '',
  },
  // 2. Registrations.
  {
    statement: 2,
    what: 'restores the registrations that a host never had, and no other',
    seed: 3,
    file: 'src/plan/restore.ts',
    line: "const had = holds.filter(({ state }) => state !== 'absent');",
    replacement: "const had = holds.filter(({ state }) => state === 'absent');",
  },
  {
    statement: 2,
    what: 'takes for given back whatever a host keeps no note of',
    seed: 115,
    file: 'src/plan/claims.ts',
    line: "if (missing.length === 0) return { judge: 'returned' };",
    replacement: "return { judge: 'returned' };",
  },
  {
    statement: 2,
    what: 'keeps no note of what it takes on the host itself',
    seed: 116,
    file: 'src/engine/hold-book.ts',
    line: 'await this.#copies.keepNew(hold, this.#hostOf(hold));',
    replacement: '',
  },
  {
    statement: 2,
    what: 'does not register again what was unhealthy when it was taken',
    seed: 19,
    file: 'src/plan/restore.ts',
    line: "if (asFound.length > 0) steps.push({ do: 'register', registrations: asFound, await: 'registered' });",
    replacement: '',
  },
  // 3. Drained first.
  {
    statement: 3,
    what: 'takes a draining target for a drained one',
    seed: 6,
    file: 'src/model/registration.ts',
    line: "state === 'unused' && reason === 'Target.NotRegistered';",
    replacement: "(state === 'unused' && reason === 'Target.NotRegistered') || state === 'draining';",
  },
  {
    statement: 3,
    what: 'stops a container while its host is in service',
    seed: 20,
    file: 'src/engine/interlocks/guarded-containers.ts',
    line: 'await this.#requireDrained(container);',
    replacement: '',
  },
  {
    statement: 3,
    what: 'believes a host while a request whose answer was lost may still be carried out there',
    seed: 345,
    file: 'src/engine/interlocks/unfinished-requests.ts',
    line: 'if (request.isHarmless === true) return;',
    replacement: 'return;',
  },
  // 4. The image first.
  {
    statement: 4,
    what: 'drains hosts that do not have the image',
    seed: 4,
    file: 'src/engine/interlocks/guarded-traffic.ts',
    line: 'await this.#requireImages();',
    replacement: '',
  },
  {
    statement: 4,
    what: 'does not verify which image a host has',
    seed: 4,
    file: 'src/engine/interlocks/guarded-traffic.ts',
    line: 'if (local === undefined || !verified) throw imageNotThere(host, formatPinnedImage(image));',
    replacement: 'if (local === undefined) continue;',
  },
  // 5. One digest.
  {
    statement: 5,
    what: 'resolves a tag again for each host',
    seed: 2,
    file: 'src/engine/pinned-images.ts',
    line: '...(digest === undefined ? {} : { digest }),',
    replacement: '',
  },
  // 6. Batches.
  {
    statement: 6,
    what: 'bakes for half of the time',
    seed: 2,
    file: 'src/engine/bake.ts',
    line: 'let end = clock.elapsed() + duration;',
    replacement: 'let end = clock.elapsed() + duration / 2;',
  },
  {
    statement: 6,
    what: 'does not bake',
    seed: 2,
    file: 'src/engine/batch.ts',
    line: 'failures = await bake(changed, bakeTime, run.stop.signal);',
    replacement: '',
  },
  {
    statement: 6,
    what: 'does not wait until the balancers say healthy',
    seed: 17,
    file: 'src/traffic/await-targets.ts',
    line: "return target.state === 'healthy';",
    replacement: 'return true;',
  },
  {
    statement: 6,
    what: 'settles registrations before their targets are healthy',
    seed: 91,
    file: 'src/engine/interlocks/guarded-traffic.ts',
    line: 'await awaitInService(run.ports.traffic, registrations, { timeout, signal, onProgress: report });',
    replacement: '',
  },
  {
    statement: 6,
    what: 'begins with the size of the second batch',
    seed: 17,
    file: 'src/engine/play.ts',
    line: 'const size = batchSize(rollout.serial, batch - 1, sessions.length);',
    replacement: 'const size = batchSize(rollout.serial, batch, sessions.length);',
  },
  {
    statement: 6,
    what: 'does not count a turn that failed',
    seed: 70,
    file: 'src/engine/turn.ts',
    line: "if (ended.status === 'failed' || ended.status === 'unreachable') play.budget.fail();",
    replacement: '',
  },
  // 7. The failure budget.
  {
    statement: 7,
    what: 'goes on however many hosts fail',
    seed: 31,
    file: 'src/engine/failure-budget.ts',
    line: 'return this.#failed > this.#allowed;',
    replacement: 'return this.#failed > this.#allowed + 99;',
  },
  // 8. The very container.
  {
    statement: 8,
    what: 'gives a restored container its restart policy back only where it has it',
    seed: 7,
    file: 'src/plan/restore.ts',
    line: 'if (!samePolicy(now.restartPolicy, previous.restartPolicy)) {',
    replacement: 'if (samePolicy(now.restartPolicy, previous.restartPolicy)) {',
  },
  {
    statement: 8,
    what: 'does not give a restored container its name back',
    seed: 3,
    file: 'src/plan/restore.ts',
    line: "if (now.name !== name) steps.push({ do: 'rename_container', container: now.id, name });",
    replacement: '',
  },
  {
    statement: 8,
    what: 'has no hold of what a task takes',
    seed: 46,
    file: 'src/engine/task-module.ts',
    line: 'await session.outlast(() => session.run.holds.open(session.host, checked.takes));',
    replacement: '',
  },
  {
    statement: 8,
    what: 'takes a request whose answer was lost for one that is over',
    seed: 83,
    file: 'src/model/late-effect.ts',
    line: 'export const quietTime: Milliseconds = 15_000;',
    replacement: 'export const quietTime: Milliseconds = 0;',
  },
  // 9. Healthy only.
  {
    statement: 9,
    what: 'asks nobody whether a host is healthy before it puts it in service',
    seed: 3,
    file: 'src/engine/interlocks/guarded-traffic.ts',
    line: 'await prover.requireHealthy();',
    replacement: '',
  },
  {
    statement: 9,
    what: 'does not remember that it touched a container',
    seed: 3,
    file: 'src/engine/interlocks/guarded-containers.ts',
    line: 'this.#session.containersTouched = true;',
    replacement: '',
  },
  {
    statement: 9,
    what: 'takes no answer for a healthy one',
    seed: 5,
    file: 'src/engine/health-prover.ts',
    line: 'if (passes >= probe.passes) {',
    replacement: 'if (passes >= 0) {',
  },
  // 10. One run, under its lease.
  {
    statement: 10,
    what: 'changes things without asking whether its lease is alive',
    seed: 42,
    file: 'src/usecases/held-lease.ts',
    line: 'run.gate.guardBy(lease, { hosts, run: owner.run, regain: () => this.#regain() });',
    replacement: '',
  },
  {
    statement: 10,
    what: 'goes on past the deadline of its lease',
    seed: 59,
    file: 'src/engine/interlocks/mutation-gate.ts',
    line: 'return lost || this.#options.clock.elapsed() >= lease.deadline;',
    replacement: 'return lost;',
  },
  {
    statement: 10,
    what: 'registers what waited in a queue until the lease was over',
    seed: 124,
    file: 'src/engine/interlocks/leased-traffic.ts',
    line: 'this.#gate.requireLeases(`register in ${targetGroup}`, true);',
    replacement: '',
  },
  {
    statement: 10,
    what: 'tags target groups when its lease is over',
    seed: 59,
    file: 'src/engine/interlocks/leased-traffic.ts',
    line: 'this.#gate.requireLeases(`tag ${targetGroup}`, true);',
    replacement: '',
  },
  // 11. The right place.
  {
    statement: 11,
    what: 'works in whatever account its credentials are for',
    seed: 55,
    file: 'src/inventory/sources/account.ts',
    line: 'if (account !== expected) throw wrongAccount(file, expected, account, arn);',
    replacement: 'if (account === undefined) throw wrongAccount(file, expected, account, arn);',
  },
  // 12. A slow cloud.
  {
    statement: 12,
    what: 'gives up when AWS asks it to slow down',
    seed: 62,
    file: 'src/traffic/mutation-queue.ts',
    line: 'await this.patience.outlast(() => this.#send(action, batch));',
    replacement: 'await this.#send(action, batch);',
  },
  // 13. Secrets.
  {
    statement: 13,
    what: 'tells secrets in its events',
    seed: 13,
    file: 'src/events/bus.ts',
    line: 'const event = this.redaction.redact<Event>({ at: this.clock.now(), ...body });',
    replacement: 'const event: Event = { at: this.clock.now(), ...body };',
  },
  {
    statement: 13,
    what: 'writes secrets into its journal',
    seed: 2,
    file: 'src/usecases/open-run.ts',
    line: 'const journal = withoutSecrets(fullJournal, redaction);',
    replacement: 'const journal = fullJournal;',
  },
  {
    statement: 13,
    what: 'writes secrets down on hosts',
    seed: 2,
    file: 'src/usecases/open-run.ts',
    line: 'const hostHolds = holdsWithoutSecrets(fullHolds, redaction);',
    replacement: 'const hostHolds = fullHolds;',
  },
  // 14. Signals.
  {
    statement: 14,
    what: 'is deaf to signals',
    seed: 89,
    file: 'src/usecases/open-run.ts',
    line: 'stop: hooks.stop,',
    replacement: 'stop: { ...hooks.stop, signal: new AbortController().signal },',
  },
  // 15. Commands.
  {
    statement: 15,
    what: 'tells of a command that failed that it went well',
    seed: 7,
    file: 'src/modules/command-result.ts',
    line: '...(succeeded(result) ? {} : { failure: commandFailed(host.host, result.outcome, result.stderr) }),',
    replacement: '',
  },
  {
    statement: 15,
    what: 'takes a command whose outcome is unknown for one that went well',
    seed: 7,
    file: 'src/engine/run-step.ts',
    line: "if (result.outcome.kind !== 'unknown') return result;",
    replacement: "return { ...result, outcome: { kind: 'exited', code: 0 } };",
  },
  {
    statement: 8,
    what: 'restores a host container by container, though the run had settled some of them as replaced',
    seed: 269,
    file: 'src/engine/lost-way-back.ts',
    line: 'return settledBeside(held, await run.ports.runtime.on(host).list(), run.id, group?.name).length > 0;',
    replacement: 'return false;',
  },
  {
    statement: 1,
    what: 'counts what the run of another group has out of a shared target group as healthy',
    seed: 160,
    file: 'src/engine/interlocks/floor-guard.ts',
    line: 'const places = reservedBy(others);',
    replacement: 'const places = new Set<string>();',
  },
  {
    statement: 0,
    what: 'leaves a kept container to come back with its Engine',
    seed: 6,
    file: 'src/modules/docker-container.ts',
    line: "await containers.setRestartPolicy(container.id, { name: 'no' });",
    replacement: '',
  },
  {
    statement: 2,
    what: 'does not wait for an AWS call whose answer was lost',
    seed: 743,
    file: 'src/traffic/mutation-queue.ts',
    line: 'if (isOutcomeUnknown(error)) this.#mayComeLate(action, batch);',
    replacement: '',
  },
];

/** What is seen only when its second defence is taken out as well. */
export const defendedTwice: readonly DoubleDefence[] = [
  {
    statement: 8,
    what: 'does not wait in a restore until requests whose answers were lost are over',
    seed: 83,
    file: 'src/engine/restore.ts',
    text: '    await requestsOver(session, holds);\n    return await run.blips',
    replacement: '    return await run.blips',
    also: [
      {
        file: 'src/engine/restore.ts',
        text: '  await requestsOver(session, holds);\n  const held',
        replacement: '  const held',
      },
    ],
    second: {
      what: 'waits for them before it asks or changes a host',
      edits: [
        {
          file: 'src/engine/interlocks/mutation-gate.ts',
          line: 'await this.requests.over(change.host.id, signal === undefined ? {} : { signal });',
          replacement: '',
        },
        {
          file: 'src/engine/interlocks/guarded-containers.ts',
          line: 'await run.gate.requests.over(host.id, { signal: activity.signal });',
          replacement: '',
        },
      ],
    },
  },
];
