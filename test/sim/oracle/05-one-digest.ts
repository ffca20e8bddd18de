import { ofEach } from './story.js';

/** 5. One digest per run, even if the tag moves meanwhile: whatever is started anew is that, or what the host had. */
export const startsOneDigest = ofEach(({ actor, release }, { initial, timeline }) =>
  timeline.flatMap((entry) => {
    if (entry.type !== 'container.created' || entry.by !== actor || entry.digest === release) return [];
    const before = initial.hosts.find(({ id }) => id === entry.host)?.containers ?? [];
    if (before.some(({ digest }) => digest === entry.digest)) return [];
    return [{ statement: 5, at: entry.at, what: `${entry.host} was given ${entry.digest ?? 'no digest'}` }];
  }),
);
