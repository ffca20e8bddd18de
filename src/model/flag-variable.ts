/** A variable of the environment that stands for a flag: `ADFPUSH_LOCK_WAIT` for `--lock-wait`. */
export interface FlagVariable {
  readonly variable: string;
  /** `--lock-wait`. */
  readonly flag: string;
  /** Absent where it may hold a secret: `--extra-vars`. */
  readonly value?: string;
  /** False when the flag was given too: the flag wins. */
  readonly used: boolean;
}
