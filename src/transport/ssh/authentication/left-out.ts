/** Why a key is not offered, and what could be done about it. */
export interface LeftOutReason {
  readonly reason: string;
  readonly remedy?: string;
}

/** A key that was not offered, named for people. */
export interface LeftOut extends LeftOutReason {
  readonly name: string;
}

/** A key that ssh2 cannot use and the system's ssh can. */
export const needsOpenssh = (reason: string): LeftOutReason => ({
  reason: `${reason}, which needs the system's ssh`,
  remedy: "Let the system's ssh log in: ssh: { transport: openssh }.",
});

/** Thrown inside this folder only, when a key that was to be offered turns out not to be usable. */
export class KeyUnavailable extends Error {
  override readonly name = 'KeyUnavailable';

  constructor(
    readonly why: LeftOutReason,
    override readonly cause?: unknown,
  ) {
    super(why.reason);
  }
}
