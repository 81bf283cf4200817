import path from 'node:path';
import fs from 'fs-extra';
import type { Answers, StoredAnswers } from '../engine/answers.ts';
import type { Changes } from '../engine/apply.ts';
import { UserError } from '../engine/errors.ts';
import { formatLock, type Lock, lockFile, lockOf, readLock } from '../engine/lock.ts';
import { builtInFolder, readPack } from '../engine/packs.ts';
import { type Plan, plan } from '../engine/plan.ts';
import { render } from '../engine/render.ts';
import { readStored, type Stored, storedFile } from '../engine/stored.ts';
import { readWorkingTree } from '../engine/worktree.ts';
import type { Arguments } from './arguments.ts';
import { resolveAnswers } from './resolve.ts';
import type { Terminal } from './terminal.ts';

/** A run that has decided everything and written nothing. */
export interface Decided {
  readonly root: string;
  readonly answers: Answers;
  readonly plan: Plan;
  /** What is to be written and removed; empty where the repository is as it should be. */
  readonly changes: Changes;
}

/**
 * Reads what is there, settles the answers, renders and plans. Nothing is written.
 *
 * @throws UserError if the directory, its state or an answer is not what it should be.
 */
export async function decide({ cwd, prompt }: Terminal, args: Arguments): Promise<Decided> {
  const root = path.resolve(cwd, args.directory);
  await refuseNoFolder(root, args.directory);
  await refuseNested(root);
  const pack = await readPack(builtInFolder);
  const [stored, lock] = await Promise.all([readStored(root), readLock(root, pack.version)]);
  if (stored.answers && !lock) throw lost(root, lockFile, 'is missing', storedFile);
  if (lock && !stored.answers) throw lost(root, storedFile, 'has no answers of ours', lockFile);
  const silent = ['yes', 'json', 'check'].some((flag) => args.given.has(flag as 'yes'));
  const answers = await resolveAnswers(args, stored.answers, root, cwd, silent ? undefined : prompt);
  const theirs = await render([pack], answers);
  const base = lock?.files ?? new Map();
  const ours = await readWorkingTree(root, new Set([...base.keys(), ...theirs.keys()]));
  const steps = plan({ base, ours, theirs }, `ds-devops level ${answers.level}`);
  const next = lockOf(theirs, pack.version, { [pack.name]: pack.version }, lock);
  return { root, answers, plan: steps, changes: await changesOf(root, steps, stored, answers, next) };
}

/** Half of a repository's state without the other: a run that went on would take it for a new one. */
const lost = (root: string, file: string, how: string, witness: string): UserError =>
  new UserError(
    `${path.join(root, file)} ${how}, though ${witness} says this is a ds-devops repository: restore it from git (git checkout -- ${file}) and run again`,
  );

async function refuseNoFolder(root: string, typed: string): Promise<void> {
  const found = await fs.stat(root).catch((error: NodeJS.ErrnoException) => error.code);
  if (found === 'ENOTDIR' || (typeof found === 'object' && !found.isDirectory()))
    throw new UserError(`${JSON.stringify(typed)} is a file, or lies below one: give a directory, new or existing`);
  const link = await fs.lstat(root).catch(() => undefined);
  if (found === 'ENOENT' && link)
    throw new UserError(`${JSON.stringify(typed)} is a link to nowhere: give a directory, new or existing`);
}

/** A run in a subfolder by mistake would begin a second repository inside the first. */
async function refuseNested(root: string): Promise<void> {
  if (await fs.pathExists(path.join(root, lockFile))) return;
  for (let above = path.dirname(root); above !== path.dirname(above); above = path.dirname(above))
    if (await fs.pathExists(path.join(above, lockFile)))
      throw new UserError(
        `${root} lies inside the ds-devops repository ${above}: run there, or give it as the directory`,
      );
}

async function changesOf(root: string, steps: Plan, stored: Stored, answers: Answers, next: Lock): Promise<Changes> {
  const last = [
    { path: storedFile, text: stored.with(storable(answers)) },
    { path: lockFile, text: formatLock(next) },
  ].map(({ path: file, text }) => ({ path: file, content: Buffer.from(text), executable: false }));
  const now = await Promise.all(
    last.map(({ path: file }) => fs.readFile(path.join(root, file)).catch(() => undefined)),
  );
  return {
    writes: steps.flatMap(({ write }) => write ?? []),
    removals: steps.filter(({ remove }) => remove).map(({ path: file }) => file),
    last: last.filter(({ content }, index) => !now[index]?.equals(content)),
  };
}

const storable = ({ level, name, target, ci, model, modelSha256 }: Answers): StoredAnswers => ({
  level,
  name,
  target,
  ci,
  model,
  ...(modelSha256 === undefined ? {} : { modelSha256 }),
});
