import path from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import fs from 'fs-extra';
import { UserError } from '../errors.ts';
import type { Tree } from '../render/render.ts';
import { digest } from './digest.ts';
import { isInside } from './paths.ts';

/** The file that holds what was rendered last time; it is committed with the repository. */
export const lockFile = '.ds-devops.lock.json';

const schema = 1;

const wayBack = `restore it from git (git checkout -- ${lockFile}) and run again, or begin anew from the files as they are with --adopt`;

/** One file as it was last rendered: the merge's base. */
export interface LockedFile {
  readonly sha256: string;
  readonly executable: boolean;
  readonly stage: number;
  readonly pack: string;
  /** Raw-deflated content in base64; absent for files recorded by their hash alone (models, and what holds a secret). */
  readonly deflated?: string;
  /** Where the owner has moved it. */
  readonly at?: string;
  /** Whether the owner has it for good. */
  readonly detached?: true;
}

/** A pack as it was when the files were last rendered. */
export interface LockedPack {
  readonly version: string;
  /** The SHA-256 of all that it emits from (see `integrityOf`); absent for the generator's own templates. */
  readonly integrity?: string;
  /** Where one from npm or git comes from, its version left out; absent for a folder. */
  readonly source?: string;
  /** What pins it there: npm's `integrity`, or git's commit. */
  readonly resolved?: string;
}

export interface Lock {
  /** The version of the generator. */
  readonly generator: string;
  /** The packs that rendered the files, by name. */
  readonly packs: Readonly<Record<string, LockedPack>>;
  readonly files: ReadonlyMap<string, LockedFile>;
}

/** The content as last rendered, or undefined where only its hash is known. */
export function lockedContent({ deflated, sha256 }: LockedFile): Buffer | undefined {
  if (deflated === undefined) return undefined;
  try {
    const content = inflateRawSync(Buffer.from(deflated, 'base64'));
    if (digest(content) === sha256) return content;
  } catch {
    // Told below: a content that cannot be unpacked is as damaged as one with another hash.
  }
  throw new UserError(
    `${lockFile} is damaged: what it holds of the file with the hash ${sha256.slice(0, 8)}… has another; ${wayBack}`,
  );
}

/**
 * The lock that records a tree. What `before` recorded of an unchanged file is taken over, not compressed again.
 *
 * @param owned what the plan found of an emitted path: where it lies now, and whether its owner has it for good.
 */
export function lockOf(
  tree: Tree,
  generator: string,
  packs: Lock['packs'],
  before?: Lock,
  owned: ReadonlyMap<string, Pick<LockedFile, 'at' | 'detached'>> = new Map(),
): Lock {
  const files = new Map<string, LockedFile>();
  for (const [file, { content, sha256, executable, stage, pack, byHash }] of tree) {
    const known = before?.files.get(file);
    let deflated = known?.sha256 === sha256 && !byHash ? known.deflated : undefined;
    if (!byHash && content) deflated ??= deflateRawSync(content, { level: 9 }).toString('base64');
    const recorded = { sha256, executable, stage, pack, ...(deflated === undefined ? {} : { deflated }) };
    files.set(file, { ...recorded, ...owned.get(file) });
  }
  // What its owner has for good stays theirs where it is not emitted for a while: another target, and back.
  for (const [file, locked] of before?.files ?? []) if (locked.detached && !files.has(file)) files.set(file, locked);
  return { generator, packs, files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The lock as text: sorted, one line a file, no time stamps, so that git merges it between branches. */
export function formatLock({ generator, packs, files }: Lock): string {
  const names = Object.entries(packs).map(([name, pack]) => `    ${JSON.stringify(name)}: ${JSON.stringify(pack)}`);
  const lines = [...files].map(([file, locked]) => {
    const { executable, sha256, stage, pack, at, detached, deflated } = locked;
    const mode = executable ? '755' : '644';
    return `    ${JSON.stringify(file)}: ${JSON.stringify({ mode, sha256, stage, pack, at, detached, deflated })}`;
  });
  return `{
  "schema": ${schema},
  "generator": ${JSON.stringify(generator)},
  "packs": {
${names.join(',\n')}
  },
  "files": {
${lines.join(',\n')}
  }
}
`;
}

/**
 * Reads a repository's lock.
 *
 * @param adopt whether a damaged one is as good as none.
 * @returns undefined where there is none.
 * @throws UserError if it is not one of ours, is damaged, or was written by a newer generator than `generator`.
 */
export async function readLock(root: string, generator: string, adopt = false): Promise<Lock | undefined> {
  const file = path.join(root, lockFile);
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new UserError(`${file} cannot be read (${error.code}): make it readable and run again`);
  });
  if (text === undefined) return undefined;
  const lock = parseLock(text);
  if (!lock && adopt) return undefined;
  if (!lock)
    throw new UserError(
      text.includes('<<<<<<< ')
        ? `${file} holds conflict markers of git: take one side (git checkout --ours -- ${lockFile}, or --theirs), so too of .yo-rc.json, and run again at the higher level of the two`
        : `${file} is damaged: ${wayBack}`,
    );
  if (lock === 'newer' || (lock.generator !== generator && (await isNewer(lock.generator, generator))))
    throw new UserError(
      `${file} was written by a newer generator${lock === 'newer' ? '' : ` (${lock.generator})`} than this one (${generator}): update generator-ds-devops and run again`,
    );
  return lock;
}

async function isNewer(a: string, b: string): Promise<boolean> {
  const { default: semver } = await import('semver');
  return semver.gt(a, b);
}

function parseLock(text: string): Lock | 'newer' | undefined {
  try {
    const { schema: written, generator, packs, files } = JSON.parse(text);
    if (Number.isInteger(written) && written > schema) return 'newer';
    const entries = Object.entries(files as Record<string, Record<string, unknown>>).map(([file, entry]) => {
      const { mode, ...locked } = entry;
      if (!isInside(file) || !isLockedFile(locked)) throw new Error(file);
      return [file, { ...locked, executable: mode === '755' }] as const;
    });
    if (written !== schema || !/^\d+\.\d+\.\d+/.test(generator) || !arePacks(packs)) return undefined;
    return { generator, packs, files: new Map(entries) };
  } catch {
    return undefined;
  }
}

const arePacks = (packs: unknown): packs is Lock['packs'] =>
  typeof packs === 'object' && packs !== null && Object.entries(packs).every(([name, pack]) => isPack(name, pack));

/** One from npm or git is fetched and kept under what the lock says of it: nothing there may be a path, an address or an option. */
function isPack(name: string, pack: unknown): boolean {
  const { version, integrity, source, resolved } = (pack ?? {}) as Record<string, unknown>;
  if (typeof version !== 'string') return false;
  if (source === undefined && resolved === undefined) return integrity === undefined || typeof integrity === 'string';
  return (
    /^[a-z0-9][a-z0-9.-]*$/.test(name) &&
    /^\d+\.\d+\.\d+[-+.0-9A-Za-z]*$/.test(version) &&
    /^[0-9a-f]{64}$/.test(String(integrity)) &&
    typeof source === 'string' &&
    /^(sha512-[A-Za-z0-9+/]{86}==|[0-9a-f]{40}|[0-9a-f]{64})$/.test(String(resolved))
  );
}

function isLockedFile(entry: Record<string, unknown>): entry is Record<string, unknown> & LockedFile {
  const { sha256, stage, pack, at, detached, deflated } = entry;
  return (
    (at === undefined || (typeof at === 'string' && isInside(at))) &&
    (detached === undefined || detached === true) &&
    typeof sha256 === 'string' &&
    typeof stage === 'number' &&
    typeof pack === 'string' &&
    (deflated === undefined || typeof deflated === 'string')
  );
}
