import type { ControlSide } from '../ports/control-side.js';
import { cut, detailsOf, titleOf, type Channel, type Moment, type Notification } from './notification.js';
import { post } from './post.js';

export interface TeamsSettings {
  readonly url: string;
  readonly on: readonly Moment[];
}

/** A message may have 28 KB with all that is around it. Source: Microsoft Teams, limits of incoming messages. */
const longestText = 10_000;

const colours: Readonly<Record<Moment, string>> = {
  start: 'Accent',
  success: 'Good',
  failure: 'Attention',
  rollback: 'Warning',
};

/** A card for each notification, by a workflow that posts to a channel what it gets. */
export const teamsChannel = ({ url, on }: TeamsSettings, control: ControlSide): Channel => ({
  name: `Teams at ${new URL(url).host}`,
  on,
  async tell(notification, signal) {
    const answer = await post(control, { url, body: JSON.stringify(cardOf(notification)), signal });
    const { error } = answer;
    if (error !== undefined && error !== null)
      throw new Error(`it says ${JSON.stringify(error).slice(0, 200)}`);
  },
});

function cardOf(notification: Notification) {
  const { moment, link } = notification;
  const text = (what: string, more: Readonly<Record<string, unknown>>) => ({
    type: 'TextBlock',
    text: escape(what),
    wrap: true,
    ...more,
  });
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            text(cut(titleOf(notification), 500), { weight: 'Bolder', color: colours[moment] }),
            text(cut(detailsOf(notification).join('\n\n'), longestText), { isSubtle: true }),
          ],
          actions: link === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Build', url: link }],
        },
      },
    ],
  };
}

/** A text block reads some Markdown. */
const escape = (text: string): string => text.replace(/[\\*_[\]()#`~<>|-]/g, (sign) => `\\${sign}`);
