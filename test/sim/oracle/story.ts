import type { Milliseconds } from '../../../src/model/duration.js';
import type { ContainerId, Digest, HostId, RunId, TargetGroupArn } from '../../../src/model/ids.js';
import type { RunResult } from '../../../src/model/run-result.js';
import type { RolloutSettings } from '../../../src/model/settings.js';
import type { Actor, Entry } from '../../fakes/world/timeline.js';
import type { WorldState } from '../../fakes/world/world.js';
import type { FaultPlan } from '../faults.js';
import type { CallRecord } from '../network.js';

/** All an oracle may know: what was, what happened, what is; and what the programs' results say, which is judged by it. */
export interface Story {
  readonly initial: WorldState;
  readonly timeline: readonly Entry[];
  /** Every call of a port, as it began. */
  readonly calls: readonly CallRecord[];
  readonly programs: readonly Program[];
  /** When everything in the world had settled. */
  readonly final: WorldState;
  readonly rollout: RolloutSettings;
  /** What runs are about. A host may be in several. */
  readonly groups: readonly StoryGroup[];
  /** Target groups whose zones are not balanced across. */
  readonly zonal: readonly TargetGroupArn[];
  /** The hosts that a program named as needing a person, and that no program changed since. */
  readonly named: readonly HostId[];
  /** Nobody was killed, or somebody came after the last who was, in peace: what is now is what is left. */
  readonly isOver: boolean;
  /** The playbook forgets something, or its command fails: no run of it goes well. */
  readonly playbookFails: boolean;
  /** What went wrong on purpose. */
  readonly faults: FaultPlan;
  /** Whatever the programs wrote or said, as text. */
  readonly words: readonly Words[];
}

/** A group of the environment, as its users describe it. Whoever joins later joins the first one. */
export interface StoryGroup {
  readonly name: string;
  /** The names of its containers. */
  readonly containers: readonly string[];
  /** The names of its target groups. */
  readonly targetGroups: readonly string[];
  readonly hosts: readonly HostId[];
}

/** The group that a container belongs to, by the name that it was made under. */
export const groupOfContainer = ({ groups }: Pick<Story, 'groups'>, name: string): StoryGroup | undefined =>
  groups.find(({ containers }) => containers.includes(name));

/** The group's hosts may be registered there. */
export const isTargetGroupOf = ({ targetGroups }: StoryGroup, arn: TargetGroupArn): boolean =>
  targetGroups.some((name) => arn.includes(`/${name}/`));

/** A container of the group, also one that was put aside: containers are named after their groups. */
export const isContainerOf = ({ name: group }: StoryGroup, name: string): boolean =>
  name.split(/[-.]/)[0] === group;

/** Under which name each container was made. */
export function namesOfContainers({ initial, timeline }: Story): ReadonlyMap<ContainerId, string> {
  return new Map([
    ...initial.hosts.flatMap(({ containers }) => containers.map(({ id, name }) => [id, name] as const)),
    ...timeline.flatMap((entry) =>
      entry.type === 'container.created' ? [[entry.container, entry.name] as const] : [],
    ),
  ]);
}

/** The groups that a program's result tells of. */
export const groupsTold = ({ says }: Program, { groups }: Pick<Story, 'groups'>): readonly StoryGroup[] =>
  groups.filter(({ name }) => says?.groups.some((told) => told === name));

/** Something that a program wrote or said. */
export interface Words {
  readonly where: string;
  readonly text: string;
}

/** One process of the control side. */
export interface Program {
  readonly actor: Actor;
  /** Where it ran: what is cut off from the network, and which journals it knows, depends on it. */
  readonly machine: string;
  readonly verb: 'deploy' | 'recover';
  /** What a deploy is about. */
  readonly group: StoryGroup;
  /** Its run, once it said so. */
  readonly run?: RunId;
  /** A person asked for an older release. */
  readonly rollsBack?: true;
  /** What it rolls. */
  readonly release: Digest;
  readonly begunAt: Milliseconds;
  readonly endedAt: Milliseconds;
  /** Entries of the timeline before its end. */
  readonly history: number;
  /** As the shell sees it; what is refused is thrown. Absent when it was killed. */
  readonly exit?: number;
  readonly named: readonly HostId[];
  /** When it named each of them. */
  readonly namedAt: ReadonlyMap<HostId, Milliseconds>;
  /** Absent when it was killed, or ended without a result. */
  readonly says?: Said;
  readonly signalledAt?: Milliseconds;
  /** The hosts where it said that the playbook's command went well. */
  readonly commandsReported: readonly HostId[];
  /** The world when it ended. */
  readonly ended: WorldState;
}

/** What a result tells of the fleet. */
export type Said = Pick<RunResult, 'hosts' | 'named' | 'mixed' | 'groups' | 'recovered' | 'releases'>;

/** A breach of one of the statements of the design's section 7. */
export interface Violation {
  readonly statement: number;
  readonly at: Milliseconds;
  readonly what: string;
}

/** Judges a story by one statement. */
export type Statement = (story: Story) => readonly Violation[];

/** Judges what each process did by itself. */
export const ofEach =
  (judge: (program: Program, story: Story) => readonly Violation[]): Statement =>
  (story) =>
    story.programs.flatMap((program) => judge(program, story));
