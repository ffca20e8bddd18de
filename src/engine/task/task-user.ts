import { wrongKeywordValue } from '../../errors/playbook.js';
import { secretInArgument } from '../../errors/secrets.js';
import { describeValue } from '../../expression/describe.js';
import { placeOf } from '../../expression/place.js';
import { render } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import { UnknownValue } from '../../model/unknown.js';
import { isUserName } from '../../model/user-name.js';
import type { Task } from '../../playbook/playbook.js';

/**
 * The user of `become_user`, rendered; undefined for root, and for a task without `become`. Throws `playbook.wrong_value` when it is
 * no user's name, and `secret.in_argument`: sudo gets it as an argument.
 */
export function renderBecomeUser(
  { become, becomeUser, at }: Task,
  variables: Variables,
): string | UnknownValue | undefined {
  if (!become || becomeUser === undefined) return undefined;
  const user = render(becomeUser, variables);
  if (user instanceof UnknownValue) return user;
  if (variables.hasSecretIn(user)) throw secretInArgument('become_user', becomeUser.locate([]) ?? at);
  if (typeof user !== 'string' || !isUserName(user)) {
    throw wrongKeywordValue(
      'become_user',
      'the name of a user',
      describeValue(user),
      placeOf(becomeUser.locate),
    );
  }
  return user === 'root' ? undefined : user;
}
