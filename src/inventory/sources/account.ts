import { wrongAccount } from '../../errors/inventory.js';
import type { AccountId } from '../../model/ids.js';
import type { Fleet } from '../../ports/fleet.js';

/** Asks whose credentials these are. Throws `inventory.wrong_account`; `file` is where the account is written. */
export async function verifyAccount(fleet: Fleet, expected: AccountId, file: string): Promise<void> {
  const { account, arn } = await fleet.identity();
  if (account !== expected) throw wrongAccount(file, expected, account, arn);
}
