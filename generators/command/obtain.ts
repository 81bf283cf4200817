import path from 'node:path';
import type { PackReference } from '../engine/answers.ts';
import { UserError } from '../engine/errors.ts';
import type { Lock, LockedPack } from '../engine/lock.ts';
import { integrityOf, type Pack, readPack } from '../engine/packs.ts';
import { parseReference, type Reference } from '../fetch/reference.ts';
import type { Prompt } from './terminal.ts';

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
  readonly progress: (text: string) => void;
  /** Whether a folder is recorded as it is, not relative to the repository. */
  readonly isAbsolute?: boolean;
}

/** A pack that a run has, with what the repository and its lock record of it. */
export interface Handed extends PackReference {
  readonly pack: Pack;
  readonly locked: LockedPack;
  /** Whether nobody asked for it in this run: a new repository gets it. */
  readonly isUsual?: boolean;
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
 * The pack that a repository has: the folder as it is now, else the very version that the lock pins.
 *
 * @throws UserError if it is not there or not valid; it says what to give.
 */
export async function recorded({ name, from }: PackReference, around: Surroundings): Promise<Handed> {
  const reference = await parseReference(from);
  if (reference.kind !== 'folder') return (await import('./distant.ts')).pinned(name, reference, around);
  const goOn = `say where it is with --pack DIR, or take it away with --drop-pack ${name}`;
  const folder = path.resolve(around.root, from);
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

async function fromFolder(folder: string, from: string): Promise<Handed> {
  const pack = await readPack(folder);
  return { name: pack.name, from, pack, locked: { version: pack.version, integrity: await integrityOf(pack) } };
}
