/**
 * Stands in for `Intl.Segmenter` in the bundle. To make one takes Node about 10 ms, and packages that measure text make five when they are
 * loaded, but use them only for text outside ASCII. This one is made when it is first used.
 */
export class LazySegmenter {
  readonly #options: ConstructorParameters<typeof Intl.Segmenter>;
  #made: Intl.Segmenter | undefined;

  constructor(...options: ConstructorParameters<typeof Intl.Segmenter>) {
    this.#options = options;
  }

  segment(text: string): Intl.Segments {
    this.#made ??= new globalThis.Intl.Segmenter(...this.#options);
    return this.#made.segment(text);
  }
}
