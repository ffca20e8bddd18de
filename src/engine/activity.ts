/** A task, a restore or a bake, as the guarded ports of a host see it: what they report to, and what cancels them. */
export interface Activity {
  /** Cancels what is waited for. */
  readonly signal: AbortSignal;
  readonly report: (message: string, done?: number, total?: number) => void;
  /** False once too many hosts failed: then nothing more is taken out of service. */
  readonly mayTakeOut: () => boolean;
  /** A restore brings back what is on the host, so no image has to be there first. */
  readonly restoring: boolean;
}

/** Looks at a host that are part of no activity: preflight, bake, audit. */
export const idle: Activity = {
  signal: new AbortController().signal,
  report: () => undefined,
  mayTakeOut: () => true,
  restoring: false,
};
