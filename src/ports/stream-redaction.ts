/**
 * Takes known secrets out of a stream of bytes, also where one is split over its pieces. What is not a secret passes
 * byte for byte, whether or not it is text.
 */
export interface StreamRedaction {
  /** What can be shown now. The end of it is kept back for as long as it may be the beginning of a secret. */
  write(chunk: Uint8Array): Uint8Array;
  /** What is left when nothing more comes. */
  end(): Uint8Array;
}
