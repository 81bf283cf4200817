import { UserError } from '../engine/errors.ts';
import type { LockedPack } from '../engine/lock.ts';
import type { Handed, Surroundings } from './obtain.ts';

const choices = [
  { value: 'no', name: 'No', description: 'nothing is written' },
  { value: 'yes', name: 'Yes', description: 'the repository’s lock remembers it' },
];

/**
 * Asks whether a pack from npm or git may be used that the lock does not have from there.
 *
 * @param before the pack of its name that the lock has, from elsewhere.
 * @throws UserError where the answer is no, or nobody can be asked.
 */
export async function trust(
  { name, from, locked: { version, source } }: Handed,
  before: LockedPack | undefined,
  { trusts, prompt }: Surroundings,
): Promise<void> {
  if (trusts) return;
  const place = before ? `takes the place of the one from ${before.source ?? 'a folder'}` : 'is new to this repository';
  const told = `the pack ${name} ${version} from ${source} ${place}, and its templates are code that runs on this machine with your rights`;
  const answer =
    prompt && (await prompt({ message: `${told}. Do you trust it?`, choices, offered: 'no', parse: (text) => text }));
  if (answer === 'yes') return;
  throw new UserError(`${told}: ${prompt ? `${from} is not used` : 'add --trust if you trust it'}`);
}
