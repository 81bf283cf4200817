import path from 'node:path';
import fs from 'fs-extra';
import type { Answers, StoredAnswers } from '../engine/answers/answers.ts';
import { packageOf } from '../engine/answers/names.ts';
import { readStored, storedFile } from '../engine/answers/stored.ts';
import type { Changes } from '../engine/disk/apply.ts';
import { resume } from '../engine/disk/journal.ts';
import { type Lock, lockFile, lockOf, readLock } from '../engine/disk/lock.ts';
import { type Found, readWorkingTree } from '../engine/disk/worktree.ts';
import { UserError } from '../engine/errors.ts';
import { tooLargeForGit } from '../engine/model/model.ts';
import { modelFile } from '../engine/model/model-formats.ts';
import { findMoves, followFolders } from '../engine/plan/moves.ts';
import { type Plan, plan, type Sides } from '../engine/plan/plan.ts';
import { renamesSince } from '../engine/plan/renames.ts';
import { builtInFolder, readPack } from '../engine/render/packs.ts';
import { render, type Tree } from '../engine/render/render.ts';
import type { Arguments } from './arguments.ts';
import { changesOf, type Owned, storable } from './changes.ts';
import { type Chosen, choosePacks } from './packs.ts';
import { resolveAnswers } from './resolve.ts';
import type { Terminal } from './terminal.ts';

/** A run that has decided everything and written nothing. */
export interface Decided {
  readonly root: string;
  readonly answers: Answers;
  /** Those of the answers that are stored: nothing secret. */
  readonly stored: StoredAnswers;
  readonly packs: Lock['packs'];
  /** What is worth a line beside what happens to files: of packs, and of answers that they lock. */
  readonly remarks: readonly string[];
  readonly plan: Plan;
  /** The working tree as it was found, at least at the plan's paths. */
  readonly ours: ReadonlyMap<string, Found>;
  /** What is to be written and removed; empty where the repository is as it should be. */
  readonly changes: Changes;
}

/**
 * Reads what is there, settles the answers, renders and plans. Nothing is written, but that a run which was killed is
 * finished first.
 *
 * @throws UserError if the directory, its state or an answer is not what it should be.
 */
export async function decide({ cwd, prompt: person, stderr }: Terminal, args: Arguments): Promise<Decided> {
  const root = path.resolve(cwd, args.directory);
  const adopt = args.given.has('adopt');
  await refuseNoFolder(root, args.directory);
  await refuseNested(root);
  const finished = await resume(root, !args.given.has('check') && !args.given.has('dry-run'));
  const own = await readPack(builtInFolder);
  // Before they are read for what they say: what another run writes from here on is noticed.
  const state = await readWorkingTree(root, [storedFile, lockFile]);
  for (const [file, { kind }] of state)
    if (kind === 'blocked')
      throw new UserError(`${path.join(root, file)} is a link or a folder: put the file itself there and run again`);
  const [stored, lock] = await Promise.all([readStored(root), readLock(root, own.version, adopt)]);
  if (!adopt && stored.answers && !lock) throw lost(root, lockFile, 'is missing', storedFile);
  if (!adopt && lock && !stored.answers) throw lost(root, storedFile, 'has no answers of ours', lockFile);
  const silent = ['yes', 'json', 'check'].some((flag) => args.given.has(flag as 'yes'));
  const prompt = silent ? undefined : person;
  // A level that got lost in a merge of branches takes no stage away.
  const levels = [stored.answers?.level ?? [], [...(lock?.files.values() ?? [])].map(({ stage }) => stage)].flat();
  const level = levels.length > 0 ? { level: Math.max(...levels) } : {};
  const last = stored.answers || lock ? { ...stored.answers, ...level } : undefined;
  const chosen = await choosePacks(args, stored.answers, lock, root, own, { cwd, prompt, stderr });
  const answers = await resolveAnswers(args, last, root, cwd, prompt, chosen.composition);
  const renames = await renamesOf(chosen, stored.answers, lock, answers);
  const base: Lock['files'] = lock?.files ?? new Map();
  const theirs = withoutWithheld(await render(chosen.composition, answers), base, renames, answers);
  const detached = detachedPaths(args.all.get('detach') ?? [], root, cwd, base, theirs);
  const { ours, steps } = await planFrom(root, { base, theirs, renames, detached, adopt }, answers);
  const next = (owned: ReadonlyMap<string, Owned>) => lockOf(theirs, own.version, chosen.locked, lock, owned);
  const kept = storable(answers, chosen);
  const changes = await changesOf(state, steps, ours, base, stored.with(kept), next);
  const killed =
    'a run that was killed is finished: what it left to decide are the markers in git diff, and *.ds-devops-new';
  const left = await leftBehind(root, base, renames);
  const remarks = [
    ...(finished ? [killed] : []),
    ...left,
    ...chosen.remarks,
    ...lockedAnswers(chosen, stored.answers),
    ...largeModel(answers),
  ];
  return { root, answers, stored: kept, packs: chosen.locked, remarks, plan: steps, ours, changes };
}

/**
 * Reads the working tree where it matters and plans: first the emitted paths, then where their owner has moved them, then
 * the places beside, which only a plan names.
 */
export async function planFrom(
  root: string,
  sides: Omit<Sides, 'ours' | 'moves'>,
  { level }: Answers,
): Promise<{ ours: Map<string, Found>; steps: Plan }> {
  const { base, theirs } = sides;
  const recorded = [...base.values()].flatMap(({ at }) => at ?? []);
  const emitted = new Set([...base.keys(), ...theirs.keys()]);
  const ours = await readWorkingTree(root, new Set([...emitted, ...recorded]));
  const more = async (paths: Iterable<string>) => {
    for (const [file, found] of await readWorkingTree(root, paths)) ours.set(file, found);
  };
  const moves = await findMoves(root, base, ours, emitted);
  const created = [...theirs.keys()].filter((file) => !base.has(file) && ours.get(file)?.kind === 'absent');
  for (const [file, place] of followFolders(created, base, moves)) moves.set(file, place);
  await more([...moves.values()].filter((file) => !ours.has(file)));
  for (;;) {
    const steps = plan({ ...sides, ours, moves }, `ds-devops level ${level}`);
    const unseen = steps.flatMap(({ write }) => (write && !ours.has(write.path) ? [write.path] : []));
    if (unseen.length === 0) return { ours, steps };
    await more(unseen);
  }
}

async function renamesOf(
  { composition }: Chosen,
  last: StoredAnswers | undefined,
  lock: Lock | undefined,
  now: Answers,
) {
  if (!last || !lock) return new Map<string, string>();
  const name = last.name ?? now.name;
  const packAnswers = { ...now.packAnswers, ...last.packAnswers };
  return renamesSince(
    composition.packs,
    { answers: { ...now, ...last, name, packageName: packageOf(name), packAnswers }, packs: lock.packs },
    now,
  );
}

/** The owner's own files in folders that all emitted ones leave for another. */
async function leftBehind(root: string, base: Lock['files'], renames: ReadonlyMap<string, string>): Promise<string[]> {
  const leaving = [...renames].filter(([old]) => base.has(old));
  const folders = new Map(leaving.map(([old, now]) => [path.posix.dirname(old), path.posix.dirname(now)]));
  const found = await Promise.all(
    [...folders].map(async ([old, now]) => {
      if (old === now || old === '.') return [];
      const entries = await fs.readdir(path.join(root, old), { withFileTypes: true }).catch(() => []);
      const own = entries
        .filter((entry) => entry.isFile() && !base.has(`${old}/${entry.name}`))
        .map(({ name }) => name);
      return own.length > 0 ? [`${old} still holds files of yours, which may belong in ${now}: ${own.join(', ')}`] : [];
    }),
  );
  return found.flat();
}

/** What holds a secret that this run was not given stays as it was last rendered. */
function withoutWithheld(
  tree: Tree,
  base: Lock['files'],
  renames: ReadonlyMap<string, string>,
  { withheld = [] }: Answers,
): Tree {
  if (withheld.length === 0) return tree;
  const before = new Map([...renames].map(([old, now]) => [now, base.get(old)]));
  return new Map(
    [...tree].map(([file, { content, ...held }]) => {
      const last = base.get(file) ?? before.get(file);
      const keeps = last && held.secrets?.some((name) => withheld.includes(name));
      if (!keeps) return [file, { ...held, ...(content ? { content } : {}) }];
      return [file, { ...held, sha256: last.sha256, executable: last.executable }];
    }),
  );
}

/** Said in the run that hands the model over. */
function largeModel({ model, modelContent }: Answers): string[] {
  const hint = modelContent && tooLargeForGit(`model/${modelFile(model)}`, modelContent);
  return hint ? [hint] : [];
}

/** The answers that a pack has locked to something else than the repository had. */
function lockedAnswers({ composition }: Chosen, last: StoredAnswers | undefined): string[] {
  if (!last) return [];
  const before: Readonly<Record<string, unknown>> = { ...last.packAnswers, ...last };
  return [...composition.settled].flatMap(([name, { value, locked, pack }]) => {
    if (!locked || before[name] === undefined || before[name] === value) return [];
    return [`${name} is ${value} now, it was ${before[name]}: the pack ${pack} locks it`];
  });
}

/** The emitted paths that are meant by what was typed after `--detach`: relative to the repository, or to where one stands. */
function detachedPaths(
  typed: readonly string[],
  root: string,
  cwd: string,
  base: Lock['files'],
  theirs: Tree,
): Set<string> {
  const places = new Map([...base].flatMap(([file, { at }]) => (at === undefined ? [] : [[at, file] as const])));
  return new Set(
    typed.map((text) => {
      const relative = [path.resolve(root, text), path.resolve(cwd, text)].map((file) =>
        path.relative(root, file).split(path.sep).join('/'),
      );
      const found = relative.map((file) => places.get(file) ?? file).find((file) => base.has(file) || theirs.has(file));
      if (found !== undefined) return found;
      throw new UserError(
        `--detach ${JSON.stringify(text)} is no file that ds-devops emits here: give one of those that --json lists`,
      );
    }),
  );
}

/** Half of a repository's state without the other: a run that went on would take it for a new one. */
const lost = (root: string, file: string, how: string, witness: string): UserError =>
  new UserError(
    `${path.join(root, file)} ${how}, though ${witness} says this is a ds-devops repository: restore it from git (git checkout -- ${file}) and run again, or begin anew from the files as they are with --adopt`,
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
