import { Flags } from '@oclif/core';
import {
  becomePasswordFlag,
  fleetFlags,
  forksFlag,
  splitNames,
  tagFlags,
  variableFlags,
} from '../cli/flags.js';
import { defined } from '../model/defined.js';

export const skipUnreachableFlag = {
  'skip-unreachable': Flags.integer({
    description:
      'Go on without hosts that cannot be reached, when they are no more than N. They are named, and the run still fails (exit 4): run it again when they are back. A host that answers and is unfit is always refused',
    min: 0,
    helpValue: 'N',
  }),
};

export const reasonFlag = {
  reason: Flags.string({
    description: 'Why, for the record of the release: a ticket, a sentence',
    helpValue: 'TEXT',
  }),
};

/** The flags of what is rolled with a release, besides the release. */
export const playFlags = {
  ...variableFlags,
  ...tagFlags,
  ...forksFlag,
  ...skipUnreachableFlag,
  ...becomePasswordFlag,
};

/** The flags that deploy and plan share: what would be rolled, where. */
export const deployFlags = {
  ...fleetFlags,
  version: Flags.string({
    description: "Version to deploy: a tag of the image, or a digest. Without it, the group's own `version`",
    helpValue: 'V',
  }),
  force: Flags.boolean({
    description:
      'Go ahead also where a run that was started after this one has rolled the group already: an older build then takes the place of a newer',
  }),
  ...playFlags,
};

interface Given {
  readonly force?: boolean;
  readonly version?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly 'skip-tags'?: readonly string[] | undefined;
  readonly 'skip-unreachable'?: number | undefined;
}

/** What of these flags concerns the release and the playbook; absent ones stay absent. */
export function deployChoices(flags: Given) {
  const tags = splitNames('--tags', flags.tags);
  const skipTags = splitNames('--skip-tags', flags['skip-tags']);
  return {
    ...(flags.force === true ? { force: true } : {}),
    ...defined({ version: flags.version }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(skipTags.length === 0 ? {} : { skipTags }),
    ...(flags['skip-unreachable'] === undefined ? {} : { skipUnreachable: flags['skip-unreachable'] }),
  };
}
