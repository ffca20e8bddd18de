import { createHmac } from 'node:crypto';
import { defined } from '../model/defined.js';
import type { ControlSide } from '../ports/control-side.js';
import type { Channel, Moment, Notification } from './notification.js';
import { post } from './post.js';

export interface WebhookSettings {
  readonly url: string;
  readonly key?: string;
  readonly on: readonly Moment[];
}

/** Rises when a reader of the documents before would misread them. */
const version = 1;

/** Posts each notification as a JSON document, signed where there is a key. */
export const webhookChannel = ({ url, key, on }: WebhookSettings, control: ControlSide): Channel => ({
  name: `the webhook at ${new URL(url).origin}`,
  on,
  async tell(notification, signal) {
    const body = JSON.stringify(documentOf(notification));
    const headers = {
      'x-adfpush-event': notification.moment,
      ...(key === undefined ? {} : { 'x-adfpush-signature': signatureOf(body, key) }),
    };
    await post(control, { url, headers, body, signal });
  },
});

/** As GitHub signs its webhooks: of the bytes of the body. */
const signatureOf = (body: string, key: string): string =>
  `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;

const documentOf = ({
  moment,
  run,
  verb,
  environment,
  groups,
  releases,
  who,
  link,
  result,
  errors,
}: Notification) => ({
  version,
  event: moment,
  run,
  verb,
  environment,
  groups,
  releases: releases.map(({ image, ...release }) => ({
    ...release,
    ...(image === undefined ? {} : { image: `${image.repository}@${image.digest}` }),
  })),
  who,
  ...defined({ link }),
  ...(result === undefined
    ? {}
    : {
        outcome: result.outcome,
        exit: result.exit,
        startedAt: new Date(result.startedAt).toISOString(),
        duration: result.duration,
        hosts: result.hosts.map(({ host, name, status, version: runs }) => ({
          host,
          name,
          status,
          ...defined({ version: runs }),
        })),
        named: result.named.map(({ host, name, held, reason }) => ({ host, name, held, reason })),
      }),
  errors,
});
