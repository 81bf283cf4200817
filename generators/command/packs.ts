import type { PackReference, StoredAnswers } from '../engine/answers/answers.ts';
import type { Lock } from '../engine/disk/lock.ts';
import { UserError } from '../engine/errors.ts';
import { type Composition, compose } from '../engine/render/compose.ts';
import { builtIn, type Pack } from '../engine/render/packs.ts';
import { parseReference } from '../fetch/reference.ts';
import type { Arguments } from './arguments.ts';
import { type Handed, handedOver, recorded, type Surroundings } from './obtain.ts';
import type { Terminal } from './terminal.ts';

/** The packs of a run. */
export interface Chosen {
  readonly composition: Composition;
  /** The packs beside the built-in one, as the repository records them. */
  readonly references: readonly PackReference[];
  /** What the lock records of each. */
  readonly locked: Lock['packs'];
  /** What came of each since the last run, where that is worth a line. */
  readonly remarks: readonly string[];
}

/**
 * The packs that a repository has, with those that were given: one of the same name takes the place of the one it had, a new
 * one comes last; without those that were dropped.
 *
 * @param own the built-in pack.
 * @throws UserError if one is not there or not valid, or does not fit the others.
 */
export async function choosePacks(
  { all, given: flags }: Arguments,
  answers: StoredAnswers | undefined,
  lock: Lock | undefined,
  root: string,
  own: Pack,
  { cwd, prompt, stderr }: Pick<Terminal, 'cwd' | 'prompt' | 'stderr'>,
): Promise<Chosen> {
  const around: Surroundings = { root, cwd, lock, prompt, trusts: flags.has('trust'), progress: stderr };
  const stored = answers?.packs ?? [];
  const said: Handed[] = [];
  for (const typed of all.get('pack') ?? []) said.push(await handedOver(typed, around));
  const dropped = all.get('drop-pack') ?? [];
  const usual = answers || lock ? [] : await usualPacks(around, said, dropped);
  // What is said beats what is usual, in its place.
  const instead = usual.map(({ name }) => said.find((each) => each.name === name));
  const given = [
    ...usual.flatMap((each, index) => instead[index] ?? (dropped.includes(each.name) ? [] : [each])),
    ...said.filter((each) => !instead.includes(each)),
  ];
  // Where the answers are lost the lock still knows what there was; without them their files would go.
  const forgotten = answers ? [] : Object.keys(lock?.packs ?? {}).filter((name) => name !== builtIn);
  for (const name of dropped) {
    refuseUndropped(name, [...stored, ...usual].map((each) => each.name).concat(forgotten), given);
  }
  refuseForgotten(forgotten, [...given.map((each) => each.name), ...dropped]);
  const kept = stored.filter(({ name }) => !dropped.includes(name));
  const has = (name: string) => kept.some((each) => each.name === name);
  const first = (name: string) => given.find((each) => each.name === name);
  // One after the other: each may ask on the terminal.
  const before: Handed[] = [];
  for (const each of kept) before.push(first(each.name) ?? (await recorded(each, around)));
  const recordedAs = (name: string) => before.find((each) => each.name === name)?.locked;
  const after = given.filter((each) => !has(each.name) || first(each.name) !== each);
  const handed = [...before, ...after];
  const composition = await compose(
    own,
    handed.map(({ pack }) => pack),
  );
  const locked = Object.fromEntries(
    composition.packs.map(({ name, version }) => [name, first(name)?.locked ?? recordedAs(name) ?? { version }]),
  );
  return {
    composition,
    references: handed.map(({ name, from }) => ({ name, from })),
    locked,
    remarks: lock ? remarksOn(lock.packs, locked) : [],
  };
}

/**
 * The packs that this machine's owner has set for new repositories. Those that are dropped, or whose place one that was said
 * takes, need no trust; one from where another was said from is not fetched. What else is called like a name that was said is
 * only known once it is fetched.
 */
async function usualPacks(
  around: Surroundings,
  said: readonly Handed[],
  dropped: readonly string[],
): Promise<Handed[]> {
  const { configuration } = await import('./configuration.ts');
  const { packs, folder, file, trusts } = await configuration();
  const unused = new Set([...said.map(({ name }) => name), ...dropped]);
  const own = { ...around, cwd: folder, trusts: around.trusts || trusts, isAbsolute: true, unused };
  const handed: Handed[] = [];
  try {
    for (const typed of packs) {
      const reference = await parseReference(typed);
      const same =
        reference.kind === 'folder' ? undefined : said.find(({ locked }) => locked.source === reference.source);
      handed.push(same ?? (await handedOver(typed, own)));
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `the configuration ${file}: ${error.message}; to do without its packs set DS_DEVOPS_CONFIG= (to nothing)`,
    );
  }
  return handed;
}

function refuseForgotten(forgotten: readonly string[], said: readonly string[]): void {
  const [name] = forgotten.filter((each) => !said.includes(each));
  if (name !== undefined)
    throw new UserError(
      `the lock has files of the pack ${name}, and the answers that say where it is are lost: give it with --pack DIR, or take it away with --drop-pack ${name}`,
    );
}

function refuseUndropped(name: string, has: readonly string[], given: readonly Handed[]): void {
  if (given.some((each) => each.name === name))
    throw new UserError(`the pack ${name} is both given and dropped: leave out --pack or --drop-pack`);
  if (has.includes(name)) return;
  const there = has.length > 0 ? `it has ${has.join(', ')}` : 'it has none';
  throw new UserError(`--drop-pack ${JSON.stringify(name)} is no pack of this repository: ${there}`);
}

function remarksOn(before: Lock['packs'], now: Lock['packs']): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => name !== builtIn);
  return names.flatMap((name) => {
    const [was, is] = [before[name], now[name]];
    if (!was) return [`the pack ${name} ${is?.version} was added`];
    if (!is)
      return [`the pack ${name} ${was.version} was dropped: what it brought goes, unless somebody has edited it`];
    if (was.source !== is.source) return [`the pack ${name} ${is.version} comes from ${is.source ?? 'a folder'} now`];
    if (was.version !== is.version) return [`the pack ${name} is ${is.version} now; it was ${was.version}`];
    if (was.integrity === is.integrity) return [];
    return [`the pack ${name} has other content than last time under the same version, ${is.version}`];
  });
}
