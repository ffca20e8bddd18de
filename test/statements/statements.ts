import type { Difference } from '../sim/shrink.js';
import type { SimulatedRun } from '../sim/simulate.js';

/** One of the fifteen statements of what must always hold, and where it is proven. */
export interface ProvenStatement {
  readonly number: number;
  readonly says: string;
  /** A simulated world in which it is in danger. */
  readonly danger: Difference;
  /** That what endangers it really came to pass: in some of the simulations at least. */
  readonly cameToPass: (run: SimulatedRun) => boolean;
  /** Tests that inject its fault: a file, and words of the test's name. */
  readonly proofs: readonly (readonly [file: string, test: string])[];
}

const [deploy, rescue] = [
  { verb: 'deploy', machine: 'desk', after: 0, tag: 'v2' },
  { verb: 'recover', machine: 'laptop', after: 90_000, tag: 'v2' },
] as const;

const exits = ({ result }: SimulatedRun, ...codes: readonly number[]): boolean =>
  result !== undefined && codes.includes(result.exit);
const became = ({ timeline }: SimulatedRun, what: 'killed' | 'frozen' | 'signalled'): boolean =>
  timeline.some((entry) => entry.type === 'process' && entry.became === what);
const recovered = ({ processes }: SimulatedRun): boolean =>
  processes.some(({ events }) => events.some(({ type }) => type === 'recovery.ended'));

export const statements: readonly ProvenStatement[] = [
  {
    number: 1,
    says: 'In no target group does adfpush take the healthy count below min_healthy, nor the last healthy target of a zone.',
    danger: {
      rollout: { serial: [{ percent: 100 }] },
      faults: {
        flaps: [
          { host: 'h2', at: 12_000, lasts: 60_000 },
          { host: 'h3', at: 14_000, lasts: 60_000 },
        ],
      },
    },
    cameToPass: ({ timeline }) =>
      timeline.some((entry) => entry.type === 'target.state' && entry.state === 'unhealthy'),
    proofs: [
      ['test/engine/interlocks.test.ts', 'lets at most as many go as the floor allows'],
      ['test/engine/interlocks.test.ts', 'never takes the last healthy one of a zone'],
      ['test/plan/batches-by-floor.test.ts', 'in fleets of any layout exactly where the floor would say no'],
    ],
  },
  {
    number: 2,
    says: 'Every deregistered registration is registered again exactly as it was, or as planned, or named at the end; also after SIGKILL.',
    danger: { launches: [{ ...deploy, killAtCall: 180 }, rescue], finish: true },
    cameToPass: (run) => became(run, 'killed') && recovered(run),
    proofs: [
      ['test/usecases/deploy.test.ts', 'brings back every registration exactly as it was, on all its ports'],
      ['test/crash/deploy.test.ts', 'killed at any record of its journal is recovered by another process'],
      ['test/usecases/recover.test.ts', 'goes on after it was itself killed, at any of its calls'],
    ],
  },
  {
    number: 3,
    says: 'A container is not stopped before its host is drained.',
    danger: { forgets: 'drain' },
    cameToPass: (run) => exits(run, 4, 5),
    proofs: [['test/engine/interlocks.test.ts', 'stop no container while its host is in service']],
  },
  {
    number: 4,
    says: 'No host leaves service before its image is pulled and verified.',
    danger: { forgets: 'pull' },
    cameToPass: (run) => exits(run, 4, 5),
    proofs: [
      ['test/engine/interlocks.test.ts', 'let no host out of service before its image is there'],
      ['test/usecases/deploy.test.ts', 'pulls everywhere before the first host is drained'],
    ],
  },
  {
    number: 5,
    says: 'One digest per run, even if the tag moves meanwhile.',
    danger: { faults: { tagMovesAt: 3_000 } },
    cameToPass: ({ timeline }) => timeline.some(({ type }) => type === 'container.created'),
    proofs: [['test/usecases/deploy.test.ts', 'keeps to one digest though the tag moves meanwhile']],
  },
  {
    number: 6,
    says: 'A batch starts only after the last is healthy, in service and baked.',
    danger: { rollout: { serial: [{ hosts: 1 }], bake: 60_000 } },
    cameToPass: (run) => exits(run, 0),
    proofs: [
      [
        'test/engine/restoring.test.ts',
        'fails a batch whose containers do not stay up, and the host goes back',
      ],
      ['test/usecases/deploy.test.ts', 'ends with every host in service on one digest'],
    ],
  },
  {
    number: 7,
    says: 'The failure budget counts failed and unreachable, over the whole run, the last host included.',
    danger: { hasCommand: true, commandFailsOn: ['h4'] },
    cameToPass: (run) => exits(run, 4),
    proofs: [
      ['test/engine/restoring.test.ts', 'rolls back those that had finished'],
      ['test/engine/restoring.test.ts', 'is named with what it held when it does not come back in time'],
    ],
  },
  {
    number: 8,
    says: 'A restored host runs the very container it ran before: digest, config, restart policy.',
    danger: { release: 'never_healthy', launches: [{ ...deploy, killAtCall: 150 }, rescue], finish: true },
    cameToPass: recovered,
    proofs: [
      ['test/engine/restoring.test.ts', 'that ran no container before has none again'],
      ['test/engine/restoring.test.ts', 'in the middle of a swap brings the old container back'],
      ['test/crash/rollback.test.ts', 'killed at any record of its journal is recovered by another process'],
    ],
  },
  {
    number: 9,
    says: 'An unhealthy host is never put in service; one that was unhealthy at preflight goes back to exactly that, named.',
    danger: { forgets: 'proof', release: 'never_healthy' },
    cameToPass: (run) => exits(run, 4, 5),
    proofs: [
      ['test/engine/interlocks.test.ts', 'put no host in service whose new container was not proven'],
      ['test/engine/restoring.test.ts', 'that was unhealthy goes back to exactly that, and is named'],
    ],
  },
  {
    number: 10,
    says: 'One run per environment and group; a run starts no mutation past its lease’s local deadline.',
    danger: {
      launches: [{ ...deploy, freeze: { atCall: 170, lasts: 400_000 } }],
      rivals: [{ ...deploy, machine: 'build', after: 150_000, tag: 'v3' }],
      finish: true,
    },
    cameToPass: (run) =>
      became(run, 'frozen') && new Set(run.timeline.flatMap(takerOfLease)).has('program 2'),
    proofs: [
      ['test/engine/interlocks.test.ts', 'begins nothing at or past the local deadline of any lease'],
      ['test/engine/interlocks.test.ts', 'changes nothing, there or anywhere, once a host met a newer epoch'],
      ['test/state/host-lease-races.test.ts', 'never have it two at a time'],
      ['test/engine/lost-lease.test.ts', 'changes nothing more when another run has it'],
    ],
  },
  {
    number: 11,
    says: 'A wrong account or region changes nothing.',
    danger: { faults: { wrong: 'account' } },
    cameToPass: ({ processes }) => processes.every(({ outcome }) => 'thrown' in outcome),
    proofs: [
      ['test/inventory/aws-ec2.test.ts', 'that is the wrong one is refused, and nothing else is asked'],
      ['test/usecases/recover.test.ts', 'refuses to change anything in another account than what is held'],
    ],
  },
  {
    number: 12,
    says: 'Throttling and lost replies slow a run down and never corrupt it.',
    danger: { faults: { sparesPreflight: true, throttled: 0.1, lostReply: 0.05 } },
    cameToPass: ({ timeline }) => timeline.some(({ type }) => type === 'fault'),
    proofs: [
      ['test/traffic/shared-traffic.test.ts', 'looking for target groups outlasts throttling'],
      ['test/engine/expired-credentials.test.ts', 'and are renewed after five seconds slow it down only'],
    ],
  },
  {
    number: 13,
    says: 'A secret is never in argv, log, event, journal, diff or error.',
    danger: { release: 'exits_at_once' },
    cameToPass: (run) => exits(run, 4),
    proofs: [
      [
        'test/security/canary.test.ts',
        'are in no argument, environment, output, report or file of the program',
      ],
      [
        'test/usecases/recover.test.ts',
        'takes the health check of the project where the one written down had a secret',
      ],
    ],
  },
  {
    number: 14,
    says: 'SIGINT and SIGTERM: no new turn; what is healthy is finished, others are restored; what is held is named.',
    danger: { launches: [{ ...deploy, signalAtCall: 170 }] },
    cameToPass: (run) => became(run, 'signalled') && exits(run, 143),
    proofs: [
      ['test/engine/restoring.test.ts', 'in the middle of a drain brings the registration back'],
      ['test/engine/restoring.test.ts', 'after health was proven finishes the host, and begins no other'],
      ['test/crash/signals.test.ts', 'what is held is named, and the next deploy recovers it'],
    ],
  },
  {
    number: 15,
    says: 'A command whose outcome is unknown is never reported as success and never blindly run again.',
    danger: { hasCommand: true, faults: { sparesPreflight: true, lostBefore: 0.005, lostAfter: 0.01 } },
    cameToPass: ({ timeline }) => timeline.some(({ type }) => type === 'command.ran'),
    proofs: [
      ['test/engine/task-lost-step.test.ts', 'that never began is run, once, under the same id'],
      [
        'test/engine/task-lost-step.test.ts',
        'stays unknown when the host is not back within the reconnect time',
      ],
    ],
  },
];

const takerOfLease = (entry: SimulatedRun['timeline'][number]): readonly string[] =>
  entry.type === 'lease.taken' ? [entry.by] : [];
