import type { PlaybookListing } from '../model/playbook-listing.js';
import { countHosts } from './host-ranges.js';
import { plainPalette, type Palette } from './palette.js';
import { visible } from '../model/visible.js';

/** Which parts of a listing are shown. */
export interface ListingParts {
  readonly hosts: boolean;
  readonly tasks: boolean;
  readonly tags: boolean;
}

/** A playbook's plays, each with the parts that were asked for, as `ansible-playbook --list-tasks` shows them. */
export function renderPlaybookListing(
  listing: PlaybookListing,
  parts: ListingParts,
  palette: Palette = plainPalette,
): string {
  const { playbook, plays } = visible(listing);
  return [
    palette.bold(`playbook: ${playbook}`),
    ...plays.flatMap(({ name, hosts, tasks }, index) => [
      '',
      palette.bold(`play ${index + 1}: ${name}`),
      ...(parts.hosts ? [`  ${countHosts(hosts.length)}:`, ...hosts.map((host) => `    ${host}`)] : []),
      ...(parts.tasks ? ['  tasks:', ...tasks.map((task) => `    ${task.name}${tagsOf(task.tags)}`)] : []),
      ...(parts.tags
        ? [`  tags: ${[...new Set(tasks.flatMap((task) => task.tags))].sort().join(', ') || 'none'}`]
        : []),
    ]),
  ].join('\n');
}

const tagsOf = (tags: readonly string[]): string => (tags.length === 0 ? '' : `  [${tags.join(', ')}]`);
