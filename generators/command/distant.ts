import type { LockedPack } from '../engine/disk/lock.ts';
import { UserError } from '../engine/errors.ts';
import { type Kept, keep, kept, scratchFolder } from '../fetch/cache.ts';
import { fetchGit } from '../fetch/git.ts';
import { fetchNpm } from '../fetch/npm.ts';
import { Unobtainable } from '../fetch/source.ts';
import type { Distant, Handed, Surroundings } from './obtain.ts';
import { trust } from './trust.ts';

/**
 * The newest pack that a reference allows.
 *
 * @throws UserError if npm or git does not bring it, it is not valid or not trusted, or if it has other content than the lock
 *   has under its version.
 */
export async function newest(reference: Distant, around: Surroundings): Promise<Handed> {
  const { lock } = around;
  const has = Object.values(lock?.packs ?? {}).some(({ source }) => source === reference.source);
  const stay = has ? '; without --pack the repository stays with the version that it has' : '';
  const found = await fetched(reference, around).catch((error) => {
    throw error instanceof Unobtainable ? new UserError(`${error.message}${stay}`) : error;
  });
  const handed = handedAs(reference, found);
  const before = lock?.packs[handed.name];
  if (around.unused?.has(handed.name)) return handed;
  if (before?.source !== reference.source) await trust(handed, before, around);
  else if (before.version === handed.locked.version && !isSame(before, handed.locked))
    throw new UserError(
      `${reference.from} has other content than before under the same version, ${before.version}: its author has to give what changed a new one${stay}`,
    );
  return handed;
}

/**
 * The version of a pack that the lock pins: from the cache, without a network, else from where it came from.
 *
 * @throws UserError if it can be had no more, or is another one there now.
 */
export async function pinned(name: string, reference: Distant, around: Surroundings): Promise<Handed> {
  const goOn = `give another with --pack REF, or take it away with --drop-pack ${name}`;
  const locked = around.lock?.packs[name];
  if (locked?.source !== reference.source) {
    const handed = await newest(reference, around);
    if (handed.name === name) return handed;
    throw new UserError(`${reference.from} should be the pack ${name}, and is ${JSON.stringify(handed.name)}: ${goOn}`);
  }
  const { version, integrity = '', resolved = '' } = locked;
  const found = await kept(name, version, integrity);
  if (found) return handedAs(reference, { ...found, resolved });
  const again = await fetched(reference, around, locked).catch((error) => {
    if (!(error instanceof Unobtainable)) throw error;
    throw new UserError(`the pack ${name} ${version}, which this repository has: ${error.message}; ${goOn}`);
  });
  if (again.integrity === integrity && again.resolved === resolved && again.pack.name === name)
    return handedAs(reference, again);
  throw new UserError(
    `the pack ${name} ${version} of ${reference.source} has other content now than the lock says (${lockedAs(locked)}): ${goOn}`,
  );
}

interface Found extends Kept {
  readonly resolved: string;
}

async function fetched(reference: Distant, { prompt, progress }: Surroundings, locked?: LockedPack): Promise<Found> {
  const told = locked ? `${reference.source} ${locked.version}` : reference.from;
  if (prompt) progress(`Fetching ${told} …\n`);
  const fs = await import('fs-extra');
  const scratch = await scratchFolder();
  try {
    const { files, resolved, version } = await (reference.kind === 'npm'
      ? fetchNpm(reference, scratch, locked?.version)
      : fetchGit(reference, scratch, prompt !== undefined, locked?.resolved));
    const found = await keep(files, told);
    if (version !== undefined && version !== found.pack.version)
      throw new UserError(
        `${told} is ${version} by its package.json and ${found.pack.version} by its pack.yaml: its author has to make them the same`,
      );
    return { ...found, resolved };
  } finally {
    await fs.remove(scratch);
  }
}

const handedAs = ({ from, source }: Distant, { pack, integrity, resolved }: Found): Handed => ({
  name: pack.name,
  from,
  pack,
  locked: { version: pack.version, integrity, source, resolved },
});

/** A version of npm's is one archive; a commit may be another one with the same templates. */
const isSame = (before: LockedPack, now: LockedPack) =>
  before.integrity === now.integrity && (before.resolved === now.resolved || now.source?.startsWith('git+') === true);

const lockedAs = ({ resolved = '' }: LockedPack) => `${resolved.slice(0, 20)}…`;
