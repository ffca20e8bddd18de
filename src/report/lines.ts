import type { EpochMilliseconds } from '../model/duration.js';
import type { HostLabels } from './host-labels.js';
import type { Palette } from './palette.js';
import { padTo } from './table.js';
import { onOneLine } from '../model/visible.js';
import type { Sentence, Tone } from './wording.js';

/** The longest word in the column of statuses: `unreachable`. */
const statusWidth = 11;

const paintOf = (tone: Tone, palette: Palette): ((text: string) => string) => {
  switch (tone) {
    case 'heading':
      return palette.bold;
    case 'good':
      return palette.green;
    case 'changed':
    case 'warning':
      return palette.yellow;
    case 'bad':
      return palette.red;
    case 'alarm':
      return palette.alarm;
    case 'quiet':
      return palette.dim;
    case 'plain':
      return (text) => text;
  }
};

/** A sentence as aligned lines: host, status, text; its details below, each with its host too. */
export function layOut(sentence: Sentence, labels: HostLabels, palette: Palette): string[] {
  const { host, status, text, details = [], tone } = sentence;
  const paint = paintOf(tone, palette);
  const shown = briefly(onOneLine(text));
  if (host === undefined) return [paint(shown), ...details.map((line) => `  ${onOneLine(line)}`)];
  const label = padTo(labels.label(host), labels.width);
  const word = status === undefined ? '' : `${paint(padTo(status, statusWidth))}  `;
  return [
    `${label}  ${word}${emphatic(tone) ? paint(shown) : shown}`,
    ...details.map((line) => `${label}  ${palette.dim('|')} ${onOneLine(line)}`),
  ];
}

const emphatic = (tone: Tone): boolean => tone === 'bad' || tone === 'alarm' || tone === 'quiet';

/** Whole digests are in the plan and the recap; in a line their first twelve digits do. */
const briefly = (text: string): string => text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1');

/** `03:15:02`, in the time zone of this machine, as the log's other lines are. */
export function clockTime(at: EpochMilliseconds): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
