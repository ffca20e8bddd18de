/** A tag of a target group. AWS allows 128 characters of key and 256 of value: letters, digits, space and `+-=._:/@`. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}
