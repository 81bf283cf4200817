import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from '../errors.ts';
import { digest } from './digest.ts';

/** What lies at a path of the working tree. */
export type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'file'; readonly content: Buffer; readonly sha256: string; readonly executable: boolean }
  /**
   * A link, a folder or something else that is no regular file, or a path below such a thing or below a file. Of a folder
   * at the path itself: all that it holds, but for folders.
   */
  | { readonly kind: 'blocked'; readonly by: string; readonly entries?: readonly string[] };

/** Reads the paths below a root; nothing is followed out through a link. */
export async function readWorkingTree(root: string, paths: Iterable<string>): Promise<Map<string, Found>> {
  const folders = new Map<string, Promise<string | undefined>>();
  const read = async (file: string) => [file, await look(root, file, folders)] as const;
  return new Map(await Promise.all([...paths].map(read)));
}

async function look(root: string, file: string, folders: Map<string, Promise<string | undefined>>): Promise<Found> {
  const by = await blockedBy(root, path.posix.dirname(file), folders);
  if (by !== undefined) return { kind: 'blocked', by };
  const absolute = path.join(root, file);
  try {
    const stat = await fs.lstat(absolute);
    if (stat.isDirectory()) return { kind: 'blocked', by: file, entries: await entriesOf(root, file) };
    if (!stat.isFile()) return { kind: 'blocked', by: file };
    const content = await fs.readFile(absolute);
    return { kind: 'file', content, sha256: digest(content), executable: (stat.mode & 0o100) !== 0 };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    throw new UserError(`${absolute} cannot be read (${code}): make it readable and run again`);
  }
}

async function entriesOf(root: string, folder: string): Promise<string[]> {
  const entries = await fs.readdir(path.join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}

/** The nearest thing to the root on the way to a folder that is there and is no real folder; undefined if the way is free. */
function blockedBy(
  root: string,
  folder: string,
  known: Map<string, Promise<string | undefined>>,
): Promise<string | undefined> {
  if (folder === '.') return Promise.resolve(undefined);
  let answer = known.get(folder);
  if (!answer) {
    answer = (async () => {
      const above = await blockedBy(root, path.posix.dirname(folder), known);
      if (above !== undefined) return above;
      const stat = await fs.lstat(path.join(root, folder)).catch(() => undefined);
      return stat && !stat.isDirectory() ? folder : undefined;
    })();
    known.set(folder, answer);
  }
  return answer;
}
