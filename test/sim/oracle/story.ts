import type { Milliseconds } from '../../../src/model/duration.js';
import type { Digest, HostId, TargetGroupArn } from '../../../src/model/ids.js';
import type { RolloutSettings } from '../../../src/model/settings.js';
import type { Entry } from '../../fakes/world/timeline.js';
import type { WorldState } from '../../fakes/world/world.js';

/** All an oracle may know: what was, what happened, what is, and of the program's words only exit code and names. */
export interface Story {
  readonly initial: WorldState;
  readonly timeline: readonly Entry[];
  /** When the program ended. */
  readonly ended: WorldState;
  /** When everything in the world had settled. */
  readonly final: WorldState;
  readonly rollout: RolloutSettings;
  readonly release: Digest;
  /** Target groups whose zones are not balanced across. */
  readonly zonal: readonly TargetGroupArn[];
  /** As the shell sees it; what is refused is thrown. */
  readonly exit: number;
  /** The hosts that the program named as needing a person. */
  readonly named: readonly HostId[];
  readonly signalledAt?: Milliseconds;
}

/** A breach of one of the statements of the design's section 7. */
export interface Violation {
  readonly statement: number;
  readonly at: Milliseconds;
  readonly what: string;
}

/** Judges a story by one statement. */
export type Statement = (story: Story) => readonly Violation[];
