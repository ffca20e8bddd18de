import { ofEach, type Violation } from './story.js';

/**
 * 15. A command whose outcome is unknown is never reported as success and never blindly run again: no process has a host run the playbook's
 * command twice, and it says that it went well only where it did.
 */
export const runsCommandsOnce = ofEach(({ actor, commandsReported, endedAt }, { timeline }) => {
  const ran = timeline.flatMap((entry) =>
    entry.type === 'command.ran' && entry.by === actor ? [entry] : [],
  );
  const twice = ran.filter(({ host, text }, index) =>
    ran.slice(0, index).some((before) => before.host === host && before.text === text),
  );
  return [
    ...twice.map(({ host, text, at }): Violation => ({
      statement: 15,
      at,
      what: `${host} ran ${text} a second time`,
    })),
    ...commandsReported
      .filter((reported) => !ran.some(({ host, code }) => host === reported && code === 0))
      .map((host): Violation => ({
        statement: 15,
        at: endedAt,
        what: `${actor} says that the command went well on ${host}, where it did not`,
      })),
  ];
});
