import type { Layer } from '../../expression/scope.js';
import type { HostSession } from '../host-session.js';

const nameOfLayer = 'the play';

/**
 * What a play's tasks may know of it: `playbook_dir`, `play_name`, `play_hosts` (its hosts that did not fail so far, by name) and
 * `play_batch` (those of the batch; all of the play outside one).
 */
export const playVariables = (
  { name, at }: { readonly name: string; readonly at: { readonly file: string } },
  sessions: readonly HostSession[],
): Layer => ({
  name: nameOfLayer,
  values: {
    play_name: name,
    playbook_dir: folderOf(at.file),
    get play_hosts(): readonly string[] {
      return namesOf(sessions);
    },
    get play_batch(): readonly string[] {
      return namesOf(sessions);
    },
  },
  literal: true,
});

/** The layers of a play as the turns of one batch see them. */
export const inBatch = (layers: readonly Layer[], sessions: readonly HostSession[]): readonly Layer[] =>
  layers.map((layer) => {
    if (layer.name !== nameOfLayer) return layer;
    const values = Object.defineProperties({}, Object.getOwnPropertyDescriptors(layer.values));
    Object.defineProperty(values, 'play_batch', { enumerable: true, get: () => namesOf(sessions) });
    return { ...layer, values };
  });

const namesOf = (sessions: readonly HostSession[]): readonly string[] =>
  sessions
    .filter(({ run: { tally }, host }) => {
      const { failed, unreachable } = tally.of(host.id);
      return failed + unreachable === 0;
    })
    .map(({ host }) => host.name);

const folderOf = (file: string): string => (file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.');
