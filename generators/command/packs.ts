import path from 'node:path';
import type { PackReference, StoredAnswers } from '../engine/answers.ts';
import { type Composition, compose } from '../engine/compose.ts';
import { UserError } from '../engine/errors.ts';
import type { Lock, LockedPack } from '../engine/lock.ts';
import { builtIn, integrityOf, type Pack, readPack } from '../engine/packs.ts';
import type { Arguments } from './arguments.ts';

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

interface Handed extends PackReference {
  readonly pack: Pack;
}

/**
 * The packs that a repository has, with those that were given: one of the same name takes the place of the one it had, a new
 * one comes last; without those that were dropped.
 *
 * @param own the built-in pack.
 * @throws UserError if one is not there or not valid, or does not fit the others.
 */
export async function choosePacks(
  { all }: Arguments,
  answers: StoredAnswers | undefined,
  lock: Lock | undefined,
  root: string,
  cwd: string,
  own: Pack,
): Promise<Chosen> {
  const stored = answers?.packs ?? [];
  const given: Handed[] = [];
  for (const typed of all.get('pack') ?? []) given.push(await handedOver(typed, root, cwd));
  const dropped = all.get('drop-pack') ?? [];
  // Where the answers are lost the lock still knows what there was; without them their files would go.
  const forgotten = answers ? [] : Object.keys(lock?.packs ?? {}).filter((name) => name !== builtIn);
  for (const name of dropped) refuseUndropped(name, [...stored.map((each) => each.name), ...forgotten], given);
  refuseForgotten(forgotten, [...given.map((each) => each.name), ...dropped]);
  const kept = stored.filter(({ name }) => !dropped.includes(name));
  const has = (name: string) => kept.some((each) => each.name === name);
  const first = (name: string) => given.find((each) => each.name === name);
  const before = await Promise.all(kept.map(async (each) => first(each.name) ?? (await recorded(each, root))));
  const after = given.filter((each) => !has(each.name) || first(each.name) !== each);
  const handed = [...before, ...after];
  const composition = await compose(
    own,
    handed.map(({ pack }) => pack),
  );
  const locked = Object.fromEntries(
    await Promise.all(composition.packs.map(async (pack) => [pack.name, await lockedPack(pack, own)] as const)),
  );
  return {
    composition,
    references: handed.map(({ name, from }) => ({ name, from })),
    locked,
    remarks: lock ? remarksOn(lock.packs, locked) : [],
  };
}

async function handedOver(typed: string, root: string, cwd: string): Promise<Handed> {
  if (/^(npm|git|github|https?|ssh):|^git[@+]|\.git(#.*)?$/.test(typed))
    throw new UserError(
      `--pack ${JSON.stringify(typed)}: packs from npm and git are not in this version yet: give a folder`,
    );
  const folder = path.resolve(cwd, typed);
  const pack = await readPack(folder);
  const relative = path.relative(root, folder).split(path.sep).join('/') || '.';
  return { name: pack.name, from: path.isAbsolute(typed) ? typed : relative, pack };
}

async function recorded({ name, from }: PackReference, root: string): Promise<Handed> {
  const goOn = `say where it is with --pack DIR, or take it away with --drop-pack ${name}`;
  const folder = path.resolve(root, from);
  const there = await import('fs-extra').then(({ default: fs }) => fs.pathExists(path.join(folder, 'pack.yaml')));
  if (!there)
    throw new UserError(
      `the pack ${name}, which this repository has, is not in ${folder} (no pack.yaml there): ${goOn}`,
    );
  const pack = await readPack(folder);
  if (pack.name !== name)
    throw new UserError(`${folder} should hold the pack ${name}, and holds ${JSON.stringify(pack.name)}: ${goOn}`);
  return { name, from, pack };
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

const lockedPack = async (pack: Pack, own: Pack): Promise<LockedPack> => ({
  version: pack.version,
  ...(pack === own ? {} : { integrity: await integrityOf(pack) }),
});

function remarksOn(before: Lock['packs'], now: Lock['packs']): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => name !== builtIn);
  return names.flatMap((name) => {
    const [was, is] = [before[name], now[name]];
    if (!was) return [`the pack ${name} ${is?.version} was added`];
    if (!is)
      return [`the pack ${name} ${was.version} was dropped: what it brought goes, unless somebody has edited it`];
    if (was.version !== is.version) return [`the pack ${name} is ${is.version} now; it was ${was.version}`];
    if (was.integrity === is.integrity) return [];
    return [`the pack ${name} has other content than last time under the same version, ${is.version}`];
  });
}
