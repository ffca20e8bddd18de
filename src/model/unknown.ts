/**
 * In a dry run, a value that would only be known after a change was made. A template that uses it is unknown as a
 * whole, and so is a condition that depends on it: never false.
 */
export class UnknownValue {
  constructor(
    /** What would have made it known: `the output of task "migrate"`. */
    readonly because: string,
  ) {}

  toString(): string {
    return `<unknown: ${this.because}>`;
  }
}
