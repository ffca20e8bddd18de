import type { Milliseconds } from '../../../src/model/duration.js';

/** The groups that a simulated environment may have. */
export type GroupOfScenario = 'api' | 'web';

/** A process of the control side: what it is started for, where, and how it fares. */
export interface Launch {
  readonly verb: 'deploy' | 'recover';
  /** The group that it is about: the first one when absent. */
  readonly group?: GroupOfScenario;
  /** Its journals are found by those that run on the same one. */
  readonly machine: string;
  /** From the end of the one before it, or from the beginning of the world for a rival. */
  readonly after: Milliseconds;
  /** The tag that a deploy rolls. */
  readonly tag: string;
  /** SIGKILL just before this call of a port, counted from 1. */
  readonly killAtCall?: number;
  /** SIGKILL just before a hold's end is written for this time, counted from 1: in the journal, or by taking its note off its host. */
  readonly killAtSettling?: number;
  /** SIGKILL just before this call by which its lease asks a host, or a table, counted from 1. */
  readonly killAtLockCall?: number;
  /** SIGTERM just before this call. */
  readonly signalAtCall?: number;
  /** It stands still from this call on, for a while. */
  readonly freeze?: { readonly atCall: number; readonly lasts: Milliseconds };
  /** When it is started this host cannot be reached for a while: it answers late. */
  readonly lateHost?: { readonly host: string; readonly lasts: Milliseconds };
  /** It waits for its lease as long as another run has it, up to ten minutes. */
  readonly waits?: boolean;
  /** Nothing goes wrong on its way to the world any more: what it leaves is not for want of an answer. */
  readonly calm?: boolean;
}
