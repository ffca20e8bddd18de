import { canonical } from '../model/canonical-json.js';
import { configurationKeys } from '../model/configuration-record.js';
import type { ContainerSpec } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { SettingDifference } from '../model/promotion.js';
import type { FoundSecrets } from '../model/secret-hashes.js';

/** The containers of a group as an environment renders them, and the secrets in them. */
export interface RenderedGroup {
  readonly specs: readonly ContainerSpec[];
  readonly secrets: FoundSecrets;
}

/** What of a group is not the same in two environments: settings by key, images left out; then secrets by name, without their values. */
export const environmentDifferences = (
  from: RenderedGroup,
  to: RenderedGroup,
): readonly SettingDifference[] => [
  ...settingDifferences(configurationKeys(from.specs, from.secrets), configurationKeys(to.specs, to.secrets)),
  ...secretDifferences(from.secrets, to.secrets),
];

function settingDifferences(
  there: ReadonlyMap<string, unknown>,
  here: ReadonlyMap<string, unknown>,
): readonly SettingDifference[] {
  return [...new Set([...there.keys(), ...here.keys()])].sort().flatMap((key) => {
    const [from, to] = [there, here].map((all) => (all.has(key) ? canonical(all.get(key)) : undefined));
    return from === to ? [] : [{ key, ...defined({ from, to }) }];
  });
}

function secretDifferences(there: FoundSecrets, here: FoundSecrets): readonly SettingDifference[] {
  return [...new Set([...there.keys(), ...here.keys()])]
    .sort()
    .flatMap((key): readonly SettingDifference[] => {
      const [from, to] = [there.get(key), here.get(key)];
      if (from === undefined || to === undefined)
        return [{ key, secret: from === undefined ? 'only_to' : 'only_from' }];
      return canonical([...from].sort()) === canonical([...to].sort()) ? [] : [{ key, secret: 'different' }];
    });
}
