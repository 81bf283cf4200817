import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from '../errors.ts';
import type { Write } from '../plan/plan.ts';
import { digest } from './digest.ts';
import { begin, commit, end, finishing, openStaging, reason, rollForward, runFolder } from './journal.ts';
import { type Found, readWorkingTree } from './worktree.ts';

/** What is to change on disk; `last` is written after everything else is in its place. */
export interface Changes {
  readonly writes: readonly Write[];
  readonly removals: readonly string[];
  readonly last: readonly Write[];
  /** SHA-256 of the file that lay at each of these paths when everything was decided; where none is given there was none. */
  readonly before: ReadonlyMap<string, string>;
}

/**
 * Carries changes out below a root, whole or not at all: every file is staged on the same file system, then the journal is
 * written, and only then is anything renamed into place. Killed before the journal, nothing was changed; after it, the next
 * run finishes ({@link resume} of the journal).
 *
 * @throws UserError if something cannot be written, has changed since it was read, or another run is at work; nothing was
 *   changed then.
 */
export async function apply(root: string, { writes, removals, last, before }: Changes): Promise<void> {
  const all = [...writes, ...last];
  const made = await firstMissing(root);
  let staging = '';
  try {
    await fs.mkdirp(root);
    await refuseUnwritable(root, [...all.map((write) => write.path), ...removals], removals);
    staging = await openStaging(root);
    await Promise.all(all.map((write, n) => stage(root, write, path.join(root, staging, 'new', String(n)))));
    const known = (file: string) => ({
      path: file,
      ...(before.has(file) ? { before: before.get(file) as string } : {}),
    });
    await begin(root, staging, {
      removals: removals.map((file) => ({ path: file, before: before.get(file) ?? '' })),
      placings: all.map(({ path: file, content }) => ({ ...known(file), after: digest(content) })),
    });
    staging = runFolder;
    await refuseChanged(root, [...all.map((write) => write.path), ...removals], removals, before);
    await commit(root);
  } catch (error) {
    if (staging) await fs.remove(path.join(root, staging));
    if (made !== undefined) await fs.remove(made);
    const { code, path: at } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const place = at && !at.includes(runFolder) ? at : root;
    throw new UserError(
      `${place} cannot be written (${reason(error as NodeJS.ErrnoException)}): nothing was changed; mend that and run again`,
    );
  }
  await finishing(root, () => rollForward(root));
  await end(root);
}

async function stage(root: string, write: Write, staged: string): Promise<void> {
  const { content, executable } = write;
  const there = await fs.lstat(path.join(root, write.from ?? write.path)).catch(() => undefined);
  await fs.writeFile(staged, content, { mode: executable ? 0o777 : 0o666 });
  if (!there?.isFile()) return;
  // Only root can give a file away; anybody else's own files are theirs already.
  if (process.getuid?.() === 0) await fs.chown(staged, there.uid, there.gid);
  await fs.chmod(staged, modeOf(there.mode & 0o777, executable));
}

/** The owner's own permissions, but for the executable bits: those who may read a program may run it. */
const modeOf = (mode: number, executable: boolean) => (executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111);

/** Whether a place is free once the removals are done. */
function isFree(found: Found, removals: ReadonlySet<string>): boolean {
  if (found.kind === 'absent') return true;
  if (found.kind === 'file') return false;
  return removals.has(found.by) || (found.entries?.every((entry) => removals.has(entry)) ?? false);
}

async function refuseChanged(
  root: string,
  paths: readonly string[],
  removals: readonly string[],
  before: ReadonlyMap<string, string>,
): Promise<void> {
  const gone = new Set(removals);
  for (const [file, found] of await readWorkingTree(root, paths)) {
    const same = found.kind === 'file' ? found.sha256 === before.get(file) : !before.has(file) && isFree(found, gone);
    if (!same) throw new UserError(`${path.join(root, file)} has changed while this run was deciding: run again`);
  }
}

async function refuseUnwritable(root: string, paths: readonly string[], removals: readonly string[]): Promise<void> {
  const gone = new Set(removals);
  const folders = new Set(paths.map((file) => path.posix.dirname(file)));
  for (const folder of new Set(['.', ...folders])) {
    let at: string = folder;
    while (at !== '.' && (gone.has(at) || !(await exists(path.join(root, at))))) at = path.posix.dirname(at);
    const stat = await fs.lstat(path.join(root, at));
    if (!stat.isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR', path: path.join(root, at) });
    await fs.access(path.join(root, at), fs.constants.W_OK);
  }
}

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
