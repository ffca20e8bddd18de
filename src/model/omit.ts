/** The value of the variable `omit`. An argument, or a field of one, that is given this value is left out, as if it had not been written. */
export class Omit {
  toString(): string {
    return 'omit';
  }

  toJSON(): string {
    return 'omit';
  }
}

/** There is one such value. */
export const omit = new Omit();
