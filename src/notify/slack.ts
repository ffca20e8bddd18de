import type { ControlSide } from '../ports/control-side.js';
import { cut, detailsOf, titleOf, type Channel, type Moment, type Notification } from './notification.js';
import { post } from './post.js';

export interface SlackSettings {
  readonly channel: string;
  readonly token: string;
  readonly api: string;
  readonly on: readonly Moment[];
}

/** Slack's limit for the text of a section. Source: Slack, Block Kit, section. */
const longestText = 3_000;

const signs: Readonly<Record<Moment, string>> = {
  start: ':hourglass_flowing_sand:',
  success: ':white_check_mark:',
  failure: ':x:',
  rollback: ':leftwards_arrow_with_hook:',
};

/** One message a run: posted when the roll begins, and edited when it has ended. */
export function slackChannel({ channel, token, api, on }: SlackSettings, control: ControlSide): Channel {
  let posted: { readonly channel: string; readonly ts: string } | undefined;
  return {
    name: `Slack ${channel}`,
    on,
    async tell(notification, signal) {
      const method = posted === undefined ? 'chat.postMessage' : 'chat.update';
      const answer = await post(control, {
        url: `${api.replace(/\/+$/, '')}/${method}`,
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ channel, ...posted, ...messageOf(notification) }),
        signal,
      });
      // Slack answers 200 to what it did not do.
      if (answer['ok'] !== true)
        throw new Error(`it says ${JSON.stringify(answer['error'] ?? 'nothing of ok')}`);
      const { channel: id, ts } = answer;
      if (typeof id === 'string' && typeof ts === 'string') posted = { channel: id, ts };
    },
  };
}

function messageOf(notification: Notification) {
  const { moment, link } = notification;
  const title = escape(titleOf(notification));
  const lines = [
    `${signs[moment]} *${link === undefined ? title : `<${escape(link).replaceAll('|', '%7C')}|${title}>`}*`,
    ...detailsOf(notification).map(escape),
  ];
  const text = cut(lines.join('\n'), longestText);
  return {
    text: cut(title, longestText),
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
    unfurl_links: false,
  };
}

/** Source: Slack, formatting text: these three, and no others. A mention cannot be made without them. */
const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
