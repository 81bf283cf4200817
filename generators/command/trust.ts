import type { LockedPack } from '../engine/disk/lock.ts';
import { UserError } from '../engine/errors.ts';
import type { Surroundings } from './obtain.ts';

const choices = [
  { value: 'no', name: 'No', description: 'nothing is written' },
  { value: 'yes', name: 'Yes', description: 'the repository’s lock remembers it' },
];

/** A pack, as far as it is known before it runs: of a folder the version is not read yet. */
interface Stranger {
  readonly name: string;
  readonly from: string;
  readonly locked?: LockedPack;
}

/**
 * Asks whether a pack may be used that the lock does not have from there.
 *
 * @param before the pack of its name that the lock has, from elsewhere.
 * @throws UserError where the answer is no, or nobody can be asked.
 */
export async function trust(
  { name, from, locked }: Stranger,
  before: LockedPack | undefined,
  { trusts, isStored, prompt }: Surroundings,
): Promise<void> {
  if (trusts) return;
  const place = before ? `takes the place of the one from ${before.source ?? 'a folder'}` : 'is new to this repository';
  const called = locked ? `${name} ${locked.version} from ${locked.source}` : `${name} from ${from}`;
  const stored = isStored ? ', though .yo-rc.json names it' : '';
  const told = `the pack ${called} ${place}${stored}, and its templates are code that runs on this machine with your rights`;
  const answer =
    prompt && (await prompt({ message: `${told}. Do you trust it?`, choices, offered: 'no', parse: (text) => text }));
  if (answer === 'yes') return;
  const flags = isStored ? `--pack ${from}${locked ? ' --trust' : ''}` : '--trust';
  throw new UserError(`${told}: ${prompt ? `${from} is not used` : `add ${flags} if you trust it`}`);
}
