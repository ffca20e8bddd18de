import cliTruncate from 'cli-truncate';
import { formatDuration, type EpochMilliseconds } from '../model/duration.js';
import type { Glyphs } from './glyphs.js';
import type { HostLabels } from './host-labels.js';
import type { HostStage, LiveHost, LiveState } from './live-state.js';
import type { Palette } from './palette.js';
import { padTo } from './table.js';

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** `45.2 MB`, in powers of 1000 as Docker counts them. */
function formatBytes(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1_000 ** power;
  return `${power === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[power] ?? 'B'}`;
}

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  readonly palette: Palette;
  readonly glyphs: Glyphs;
  readonly labels: HostLabels;
}

/** Rows left for the lines that scroll above. */
const rowsForLog = 4;

/**
 * What the live view shows at this moment: a heading, what is going on, the hosts that are being worked on, and how many
 * there are of each other kind. Never wider than the terminal, and never as high.
 */
export function renderFrame(state: LiveState, now: EpochMilliseconds, screen: Screen): string[] {
  const hosts = [...state.hosts.values()];
  const top = heading(state, now, screen);
  const bottom = summary(hosts, state, screen);
  const room = Math.max(1, screen.rows - rowsForLog - top.length - bottom.length);
  const middle = hostLines(hosts, room, now, screen);
  // One column less than there are: some terminals wrap when the last one is written.
  const width = Math.max(10, screen.columns - 1);
  return [...top, ...middle, ...bottom].map((line) =>
    cliTruncate(line, width, { truncationCharacter: screen.glyphs.ellipsis }),
  );
}

function heading(state: LiveState, now: EpochMilliseconds, { palette, glyphs, columns }: Screen): string[] {
  const parts = [
    palette.bold(state.title),
    ...state.releases.slice(0, 3),
    inSeconds(now - (state.startedAt ?? now)),
    ...(state.run === '' || columns < 100 ? [] : [palette.dim(`run ${state.run}`)]),
  ];
  const batch = state.batch === undefined ? '' : `Batch ${state.batch.number} of ${state.batch.of}`;
  const second = [batch, activity(state, now)].filter((part) => part !== '').join(` ${glyphs.dot} `);
  return [
    palette.dim(glyphs.rule.repeat(Math.min(columns - 1, 40))),
    parts.join(` ${palette.dim(glyphs.dot)} `),
    ...(second === '' ? [] : [second]),
    ...(state.alert === '' ? [] : [palette.alarm(state.alert)]),
  ];
}

function activity(state: LiveState, now: EpochMilliseconds): string {
  if (state.activity === '') return '';
  const spent = wholeSeconds(now - (state.activitySince ?? now));
  const time =
    state.activityLasts === undefined
      ? spent === 0
        ? ''
        : formatDuration(spent)
      : `${inSeconds(state.activityLasts - spent)} to go`;
  return time === '' ? state.activity : `${state.activity}, ${time}`;
}

/** The order in which hosts get the room there is. */
const urgency: readonly HostStage[] = ['named', 'restoring', 'working', 'failed', 'restored', 'done'];

function hostLines(
  hosts: readonly LiveHost[],
  room: number,
  now: EpochMilliseconds,
  screen: Screen,
): string[] {
  const urgent = urgency
    .flatMap((stage) => hosts.filter((host) => host.stage === stage).sort((a, b) => a.since - b.since))
    .filter(({ stage }) => hosts.length <= room || stage !== 'done');
  const fits = urgent.length <= room;
  const shown = urgent.slice(0, fits ? room : room - 1);
  // In the order of the plan, so that lines do not jump about when stages change.
  const order = new Map(hosts.map((host, index) => [host, index]));
  const inOrder = shown.sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
  const labelWidth = Math.min(screen.labels.width, Math.max(8, Math.floor(screen.columns / 3)));
  const lines = inOrder.map((host) => hostLine(host, labelWidth, now, screen));
  return fits ? lines : [...lines, screen.palette.dim(moreOf(urgent.slice(shown.length), screen.glyphs))];
}

/** What the hosts for which there is no room are doing: `… and 384 more: 300 Pull the image, 84 failed`. */
function moreOf(hidden: readonly LiveHost[], glyphs: Glyphs): string {
  const byDoing = Map.groupBy(hidden, ({ stage, doing }) =>
    stage === 'working' ? doing || 'at work' : stage,
  );
  const kinds = [...byDoing]
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, 3)
    .map(([doing, hosts]) => `${hosts.length} ${doing}`);
  return `  ${glyphs.ellipsis} and ${hidden.length} more: ${kinds.join(', ')}`;
}

function hostLine(host: LiveHost, labelWidth: number, now: EpochMilliseconds, screen: Screen): string {
  const { palette, glyphs, labels } = screen;
  const label = padTo(labels.label(host.host), labelWidth);
  const elapsed = wholeSeconds(now - host.since);
  const time = elapsed < 1_000 ? '' : palette.dim(formatDuration(elapsed));
  const mark = markOf(host.stage, palette, glyphs);
  switch (host.stage) {
    case 'waiting':
      return `  ${mark} ${palette.dim(label)}`;
    case 'done':
      return `  ${mark} ${label}  ${palette.dim('done')}`;
    case 'restored':
      return `  ${mark} ${label}  ${palette.yellow('restored')}`;
    case 'failed':
      return `  ${mark} ${label}  ${palette.red(host.doing === '' ? 'failed' : `failed: ${host.doing}`)}`;
    case 'named':
      return `  ${mark} ${label}  ${palette.alarm(`needs a person: ${host.doing}`)}`;
    case 'restoring':
    case 'working': {
      const bar = barOf(host, screen);
      const parts = [host.doing, bar, time, palette.dim(host.progress)].filter((part) => part !== '');
      return `  ${mark} ${label}  ${parts.join('  ')}`;
    }
  }
}

function markOf(stage: HostStage, palette: Palette, glyphs: Glyphs): string {
  switch (stage) {
    case 'waiting':
      return palette.dim(glyphs.waiting);
    case 'working':
      return palette.cyan(glyphs.working);
    case 'done':
      return palette.green(glyphs.done);
    case 'restoring':
    case 'restored':
      return palette.yellow(glyphs.restored);
    case 'failed':
    case 'named':
      return palette.red(glyphs.failed);
  }
}

/** From this on a total counts bytes: no probe is tried a thousand times. */
const leastBytes = 4_096;

function barOf({ done, total }: LiveHost, { columns, palette, glyphs }: Screen): string {
  if (done === undefined) return '';
  if (total === undefined || total === 0) return done >= leastBytes ? formatBytes(done) : String(done);
  const share = Math.min(1, done / total);
  const amount =
    total >= leastBytes ? `${formatBytes(done)} of ${formatBytes(total)}` : `${done} of ${total}`;
  if (columns < 70) return amount;
  const width = columns < 120 ? 10 : 20;
  const full = Math.round(share * width);
  return `${palette.cyan(glyphs.full.repeat(full))}${palette.dim(glyphs.empty.repeat(width - full))} ${amount}`;
}

function summary(hosts: readonly LiveHost[], state: LiveState, { palette, glyphs }: Screen): string[] {
  if (hosts.length === 0)
    return state.connected === 0 ? [] : [palette.dim(`${state.connected} hosts connected`)];
  const count = (...stages: HostStage[]): number =>
    hosts.filter(({ stage }) => stages.includes(stage)).length;
  const part = (number: number, word: string, paint: (text: string) => string): string[] =>
    number === 0 ? [] : [paint(`${number} ${word}`)];
  const parts = [
    ...part(count('done'), 'done', palette.green),
    ...part(count('working'), 'at work', palette.cyan),
    ...part(count('restoring'), 'restoring', palette.yellow),
    ...part(count('restored'), 'restored', palette.yellow),
    ...part(count('waiting'), 'waiting', palette.dim),
    ...part(count('failed'), 'failed', palette.red),
    ...part(count('named'), 'in need of a person', palette.alarm),
  ];
  return [
    `${hosts.length === 1 ? '1 host' : `${hosts.length} hosts`}: ${parts.join(` ${palette.dim(glyphs.dot)} `)}`,
  ];
}

const wholeSeconds = (duration: number): number => Math.floor(Math.max(0, duration) / 1_000) * 1_000;

/** `0 s`, `4 s`, `1 m 12 s`: what ticks by the second has no fractions. */
const inSeconds = (duration: number): string =>
  duration < 1_000 ? '0 s' : formatDuration(wholeSeconds(duration));
