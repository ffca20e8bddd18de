import type { Host } from '../model/host.js';

/** Under which epoch of which lease a run changes hosts. */
export interface FencePass {
  /** The lease as hosts know it, such as `prod.api`. A file name. */
  readonly lease: string;
  readonly epoch: number;
  /** The lease's owner. */
  readonly run: string;
}

/** Each host that a run changes knows the newest epoch that it met, and refuses an older one: a run that lost its lease while it slept changes nothing. */
export interface Fence {
  /**
   * Asked right before each change. The host remembers the epoch when it is newer than what it knew. Throws `lease.fenced` when the host met a
   * newer epoch, or another run under the same, `lease.fence_silent` when it cannot tell; and the transport's errors.
   */
  admit(host: Host, pass: FencePass, signal?: AbortSignal): Promise<void>;
}
