import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from './errors.ts';
import type { Write } from './plan.ts';

const temporarySuffix = '.ds-devops-tmp';

/** What is to change on disk; `last` is written after everything else is in its place. */
export interface Changes {
  readonly writes: readonly Write[];
  readonly removals: readonly string[];
  readonly last: readonly Write[];
}

/**
 * Carries changes out below a root: every file is first written beside its place, and only when all of them are on disk
 * are they renamed into place, so that a full disk or a missing permission leaves the repository as it was.
 *
 * @throws UserError if something cannot be written; what was written beside is gone again.
 */
export async function apply(root: string, { writes, removals, last }: Changes): Promise<void> {
  const all = [...writes, ...last];
  const made: string[] = [];
  try {
    for (const folder of new Set([root, ...all.map(({ path: file }) => path.join(root, path.dirname(file)))])) {
      const first = await firstMissing(folder);
      if (first !== undefined) made.push(first);
      await fs.mkdirp(folder);
    }
    for (const file of removals) await fs.access(path.dirname(path.join(root, file)), fs.constants.W_OK);
    await Promise.all(all.map((write) => stage(root, write)));
  } catch (error) {
    await Promise.all(all.map(({ path: file }) => fs.remove(path.join(root, file + temporarySuffix)).catch(() => {})));
    for (const folder of made.reverse()) await fs.remove(folder);
    const { code, path: at } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UserError(`${at ?? root} cannot be written (${code}): nothing was changed; mend that and run again`);
  }
  await Promise.all(writes.map(({ path: file }) => intoPlace(root, file)));
  for (const file of removals) await remove(root, file);
  for (const { path: file } of last) await intoPlace(root, file);
}

async function stage(root: string, { path: file, content, executable }: Write): Promise<void> {
  const temporary = path.join(root, file + temporarySuffix);
  const there = await fs.stat(path.join(root, file)).catch(() => undefined);
  await fs.writeFile(temporary, content, { mode: executable ? 0o777 : 0o666 });
  if (there) await fs.chmod(temporary, modeOf(there.mode & 0o777, executable));
}

/** The owner's own permissions, but for the executable bits: those who may read a program may run it. */
const modeOf = (mode: number, executable: boolean) => (executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111);

const intoPlace = (root: string, file: string) =>
  fs.rename(path.join(root, file + temporarySuffix), path.join(root, file));

async function firstMissing(folder: string): Promise<string | undefined> {
  let missing: string | undefined;
  for (let at = folder; !(await exists(at)); at = path.dirname(at)) missing = at;
  return missing;
}

/** Whether anything is there, a link to nowhere too. */
const exists = (file: string) =>
  fs.lstat(file).then(
    () => true,
    () => false,
  );

async function remove(root: string, file: string): Promise<void> {
  await fs.remove(path.join(root, file));
  for (let folder = path.posix.dirname(file); folder !== '.'; folder = path.posix.dirname(folder)) {
    // Only a folder that is now empty goes; rmdir refuses any other.
    if (
      !(await fs.rmdir(path.join(root, folder)).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}
