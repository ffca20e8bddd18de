/** The disk of a host, as far as an Engine and `df` can tell. */
export interface Disk {
  readonly full: boolean;
}
