import path from 'node:path';
import type { PackReference } from '../engine/answers/answers.ts';
import type { Lock, LockedPack } from '../engine/disk/lock.ts';
import { UserError } from '../engine/errors.ts';
import { integrityOf, type Pack, readPack } from '../engine/render/packs.ts';
import { parseReference, type Reference } from '../fetch/reference.ts';
import type { Prompt } from './terminal.ts';
import { trust } from './trust.ts';

/** Where a pack is asked for. */
export interface Surroundings {
  /** The repository's folder, absolute. */
  readonly root: string;
  /** What a relative path that was typed is relative to. */
  readonly cwd: string;
  readonly lock: Lock | undefined;
  /** undefined where nothing may be asked. */
  readonly prompt: Prompt | undefined;
  /** Whether packs that the lock does not know may run their templates. */
  readonly trusts: boolean;
  /** Whether they were named by the repository and not by whoever runs this. */
  readonly isStored?: boolean;
  readonly progress: (text: string) => void;
  /** Whether a folder is recorded as it is, not relative to the repository. */
  readonly isAbsolute?: boolean;
  /** The names of packs that nothing will be rendered from: they need no trust. */
  readonly unused?: ReadonlySet<string>;
}

/** A pack that a run has, with what the repository and its lock record of it. */
export interface Handed extends PackReference {
  readonly pack: Pack;
  readonly locked: LockedPack;
}

export type Distant = Exclude<Reference, { kind: 'folder' }>;

/**
 * The pack that was given now: what a folder, npm or git has at this moment.
 *
 * @throws UserError if it is not there, not valid or not trusted, or has other content under the version that the lock has.
 */
export async function handedOver(typed: string, around: Surroundings): Promise<Handed> {
  const reference = await parseReference(typed);
  if (reference.kind !== 'folder') return (await import('./distant.ts')).newest(reference, around);
  const { root, cwd, isAbsolute } = around;
  const folder = path.resolve(cwd, typed);
  const relative = path.relative(root, folder).split(path.sep).join('/') || '.';
  return fromFolder(folder, isAbsolute ? folder : path.isAbsolute(typed) ? typed : relative);
}

/**
 * The pack that a repository has: the folder as it is now, else the very version that the lock pins. One that only the
 * answers name, from npm, git or a folder outside of the repository, is not what `--trust` was said of.
 *
 * @throws UserError if it is not there, not valid or not trusted; it says what to give.
 */
export async function recorded({ name, from }: PackReference, surroundings: Surroundings): Promise<Handed> {
  const around = { ...surroundings, trusts: false, isStored: true };
  const reference = await parseReference(from);
  if (reference.kind !== 'folder') return (await import('./distant.ts')).pinned(name, reference, around);
  const goOn = `say where it is with --pack DIR, or take it away with --drop-pack ${name}`;
  const folder = path.resolve(around.root, from);
  const before = around.lock?.packs[name];
  // Asked before it is looked at: on Windows a look at \\HOST\SHARE signs in there.
  if ((!before || before.source !== undefined) && (await isOutside(around.root, folder)))
    await trust({ name, from: folder }, before, around);
  const there = await import('fs-extra').then(({ default: fs }) => fs.pathExists(path.join(folder, 'pack.yaml')));
  if (!there)
    throw new UserError(
      `the pack ${name}, which this repository has, is not in ${folder} (no pack.yaml there): ${goOn}`,
    );
  const handed = await fromFolder(folder, from);
  if (handed.name !== name)
    throw new UserError(`${folder} should hold the pack ${name}, and holds ${JSON.stringify(handed.name)}: ${goOn}`);
  return handed;
}

/** Whether a folder is outside of a repository, by its path or by the links in it. */
async function isOutside(root: string, folder: string): Promise<boolean> {
  const leaves = (relative: string) => path.isAbsolute(relative) || relative.split(path.sep)[0] === '..';
  if (leaves(path.relative(root, folder))) return true;
  const { default: fs } = await import('fs-extra');
  const [top, real] = await Promise.all([root, folder].map((each) => fs.realpath(each).catch(() => each)));
  return leaves(path.relative(top as string, real as string));
}

async function fromFolder(folder: string, from: string): Promise<Handed> {
  const pack = await readPack(folder);
  return { name: pack.name, from, pack, locked: { version: pack.version, integrity: await integrityOf(pack) } };
}
