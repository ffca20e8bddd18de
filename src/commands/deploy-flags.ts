import { Flags } from '@oclif/core';
import {
  becomePasswordFlag,
  fleetFlags,
  forksFlag,
  splitNames,
  tagFlags,
  variableFlags,
} from '../cli/flags.js';

/** The flags that deploy and plan share: what would be rolled, where. */
export const deployFlags = {
  ...fleetFlags,
  version: Flags.string({
    description: "Version to deploy: a tag of the image, or a digest. Without it, the group's own `version`",
    helpValue: 'V',
  }),
  ...variableFlags,
  ...tagFlags,
  ...forksFlag,
  ...becomePasswordFlag,
};

interface Given {
  readonly version?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly 'skip-tags'?: readonly string[] | undefined;
}

/** What of these flags concerns the release and the playbook; absent ones stay absent. */
export function deployChoices(flags: Given) {
  const tags = splitNames('--tags', flags.tags);
  const skipTags = splitNames('--skip-tags', flags['skip-tags']);
  return {
    ...(flags.version === undefined ? {} : { version: flags.version }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(skipTags.length === 0 ? {} : { skipTags }),
  };
}
