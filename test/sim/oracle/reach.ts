import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import type { Entry } from '../../fakes/world/timeline.js';
import { isSilence } from '../faults.js';
import type { Program, Story } from './story.js';

interface Window {
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

type BlipEntry = Extract<Entry, { type: 'blip' }>;

/** What was away of the host, and for how long. */
export const blipsOf = ({ timeline }: Pick<Story, 'timeline'>, host: HostId): readonly BlipEntry[] =>
  timeline.filter((entry): entry is BlipEntry => entry.type === 'blip' && entry.host === host);

/** True when at some time from `from` to `to` nothing got through from the program's machine to the host. */
export const wasOutOfReach = (
  story: Story,
  { machine }: Pick<Program, 'machine'>,
  host: HostId,
  from: Milliseconds,
  to: Milliseconds,
): boolean =>
  [...downTimes(story, host), ...cuts(story, machine, host)].some(
    (window) => window.from <= to && window.to >= from,
  );

function downTimes({ timeline, faults }: Story, host: HostId): readonly Window[] {
  const windows: Window[] = [];
  const since = new Map<'lost' | 'down', Milliseconds>(
    faults.unreachable.includes(host) ? [['lost', Number.NEGATIVE_INFINITY]] : [],
  );
  const end = (what: 'lost' | 'down', to: Milliseconds): void => {
    const from = since.get(what);
    if (from !== undefined) windows.push({ from, to });
    since.delete(what);
  };
  for (const entry of timeline) {
    if (!('host' in entry) || entry.host !== host) continue;
    if (entry.type === 'host.lost') since.set('lost', entry.at);
    if (entry.type === 'host.found') end('lost', entry.at);
    if (entry.type === 'host.down' || entry.type === 'host.gone') since.set('down', entry.at);
    if (entry.type === 'host.up') end('down', entry.at);
  }
  return [...windows, ...[...since.values()].map((from) => ({ from, to: Number.POSITIVE_INFINITY }))];
}

const cuts = ({ faults, timeline }: Story, machine: string, host: HostId): readonly Window[] =>
  [
    ...faults.partitions.filter(
      ({ hosts, machine: only }) => hosts.includes(host) && (only === undefined || only === machine),
    ),
    ...faults.hangs.filter((hang) => hang.host === host),
    ...blipsOf({ timeline }, host).filter((blip) => isSilence(blip)),
  ].map(({ at, lasts }) => ({ from: at, to: at + lasts }));
