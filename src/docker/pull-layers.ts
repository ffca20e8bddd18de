import type { PullProgress } from '../ports/container-runtime.js';
import type { PullLine } from './answers.js';

interface Layer {
  bytes: number;
  totalBytes: number;
  done: boolean;
}

/** The layers of a pull, as its lines tell of them. */
export class PullLayers {
  readonly #layers = new Map<string, Layer>();

  /** True when the line changed the sums. */
  read({ id, status = '', progressDetail }: PullLine): boolean {
    // `Pulling from …` carries the tag or digest as its id, and no layer.
    if (id === undefined || status.startsWith('Pulling from')) return false;
    const known = this.#layers.get(id);
    const layer = known ?? { bytes: 0, totalBytes: 0, done: false };
    const before = JSON.stringify(layer);
    if (status === 'Downloading') {
      layer.bytes = Math.max(layer.bytes, progressDetail?.current ?? 0);
      layer.totalBytes = Math.max(layer.totalBytes, progressDetail?.total ?? 0, layer.bytes);
    } else if (status === 'Download complete' || status === 'Extracting') {
      layer.totalBytes = Math.max(layer.totalBytes, progressDetail?.total ?? 0);
      layer.bytes = layer.totalBytes;
    } else if (status === 'Pull complete' || status === 'Already exists') {
      layer.bytes = layer.totalBytes;
      layer.done = true;
    }
    this.#layers.set(id, layer);
    return known === undefined || before !== JSON.stringify(layer);
  }

  get progress(): PullProgress {
    const layers = [...this.#layers.values()];
    return {
      layers: layers.length,
      layersDone: layers.filter(({ done }) => done).length,
      bytes: layers.reduce((sum, { bytes }) => sum + bytes, 0),
      totalBytes: layers.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
    };
  }
}
