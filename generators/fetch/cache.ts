import os from 'node:os';
import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from '../engine/errors.ts';
import { integrityOf, type Pack, readPack } from '../engine/render/packs.ts';
import type { PackFile } from './files.ts';

/** Where what was fetched is kept, by its content: `DS_DEVOPS_CACHE`, else where the system keeps caches. */
function cacheFolder(): string {
  const { DS_DEVOPS_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (DS_DEVOPS_CACHE) return path.join(path.resolve(DS_DEVOPS_CACHE), 'packs');
  const home = os.homedir();
  const system = { darwin: path.join(home, 'Library/Caches'), win32: LOCALAPPDATA }[process.platform as string];
  return path.join(XDG_CACHE_HOME || system || path.join(home, '.cache'), 'ds-devops/packs');
}

/** A pack with the SHA-256 of its content. */
export interface Kept {
  readonly pack: Pack;
  readonly integrity: string;
}

/**
 * The pack with this content, if it was kept and is whole. One with other content is removed.
 *
 * @throws UserError where it cannot be read, or be removed.
 */
export async function kept(name: string, version: string, integrity: string): Promise<Kept | undefined> {
  const folder = folderOf(name, version, integrity);
  try {
    // A link may lead to where others can write.
    const pack = (await fs.lstat(folder)).isDirectory() ? await readPack(folder) : undefined;
    if (pack && (await integrityOf(pack)) === integrity) return { pack, integrity };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    // What is no pack at all has other content, too; what the system does not let us read may be whole.
    if (!(error instanceof UserError)) throw unusable(folder, 'be read', error);
    if (error.cause) throw unusable(folder, 'be read', error.cause);
  }
  await fs.remove(folder).catch((error) => {
    throw unusable(folder, 'be removed, and has other content than when it was fetched', error);
  });
  return undefined;
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

const unusable = (folder: string, what: string, error: unknown) =>
  new UserError(
    `${folder} cannot ${what} (${codeOf(error)}): remove it, or name another folder for caches in DS_DEVOPS_CACHE`,
  );

const folderOf = (name: string, version: string, integrity: string) =>
  path.join(cacheFolder(), `${name}-${version}-${integrity}`);

/**
 * Reads a pack that was fetched and keeps it.
 *
 * @param told how it is called in messages, which cannot name a folder that nobody has seen.
 * @throws UserError where it is not valid.
 */
export async function keep(files: readonly PackFile[], told: string): Promise<Kept> {
  if (!files.some(({ path: file }) => file === 'pack.yaml'))
    throw new UserError(`${told} is no template pack: it holds no pack.yaml at its top`);
  const making = await scratchFolder();
  try {
    for (const { path: file, executable, content } of files)
      await fs.outputFile(path.join(making, file), content, { mode: executable ? 0o755 : 0o644 }).catch((error) => {
        throw new UserError(`${told}: its file ${JSON.stringify(file)} cannot be kept in ${making} (${error.code})`);
      });
    const { name, version, ...pack } = await readPack(making).catch((error) => {
      throw error instanceof UserError ? new UserError(renamed(error.message, making, told)) : error;
    });
    const integrity = await integrityOf({ name, version, ...pack });
    const there = await kept(name, version, integrity);
    if (there) return there;
    const folder = folderOf(name, version, integrity);
    try {
      await fs.rename(making, folder);
    } catch (error) {
      // Another run may have kept it in the meantime.
      const meanwhile = await kept(name, version, integrity);
      if (meanwhile) return meanwhile;
      throw unusable(folder, 'be made', error);
    }
    return { pack: await readPack(folder), integrity };
  } finally {
    await fs.remove(making);
  }
}

const renamed = (message: string, folder: string, told: string) =>
  message.replaceAll(`${folder}${path.sep}`, `${told}: `).replaceAll(folder, told);

const used = new Set<string>();

/** A new empty folder on the file system of the cache. It goes when the process does, if it was not removed before. */
export async function scratchFolder(): Promise<string> {
  const above = cacheFolder();
  try {
    await fs.mkdirp(above);
    const folder = await fs.mkdtemp(path.join(above, '.fetching-'));
    if (used.size === 0) process.once('exit', () => used.forEach((each) => void fs.removeSync(each)));
    used.add(folder);
    await removeLeftovers(above);
    return folder;
  } catch (error) {
    throw new UserError(
      `${above} cannot be written (${codeOf(error)}): name another folder for caches in DS_DEVOPS_CACHE`,
    );
  }
}

const oneDay = 24 * 60 * 60 * 1000;

/** What runs that were killed have left; one that takes longer than a day has ended. */
async function removeLeftovers(above: string): Promise<void> {
  const names = (await fs.readdir(above)).filter((name) => name.startsWith('.fetching-'));
  for (const folder of names.map((name) => path.join(above, name))) {
    const stat = await fs.stat(folder).catch(() => undefined);
    if (stat && Date.now() - stat.mtimeMs > oneDay) await fs.remove(folder);
  }
}
