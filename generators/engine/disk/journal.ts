import os from 'node:os';
import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from '../errors.ts';
import { besidePath } from '../plan/decision.ts';
import { isInside, whyNot } from './paths.ts';
import { readWorkingTree } from './worktree.ts';

/** The folder in which a run stages what it writes; that it is there means that a run is at work, or was killed. */
export const runFolder = '.ds-devops.run';

/** One staged file. */
export interface Placing {
  readonly path: string;
  /** SHA-256 of what lay there when everything was decided; absent: nothing did. */
  readonly before?: string;
  readonly after: string;
}

/** One file that goes. */
export interface Removal {
  readonly path: string;
  readonly before: string;
}

/** All that a run changes, in this order: the staged content of `placings[n]` lies in `new/n`, a removed file goes to `old/n`. */
export interface Journal {
  readonly removals: readonly Removal[];
  readonly placings: readonly Placing[];
}

/** A process, told apart from a later one with the same number by when it started. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  /** Clock ticks since the machine started; 0 where the system does not tell. */
  readonly start: number;
}

// The state and the start of a process stand after its name, which is in brackets and may hold anything (proc(5)).
async function processStat(pid: number): Promise<{ state: string; start: number } | undefined> {
  const stat = await fs.readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && { state: fields[0] as string, start: Number(fields[19]) };
}

async function thisProcess(): Promise<Owner> {
  return { host: os.hostname(), pid: process.pid, start: (await processStat(process.pid))?.start ?? 0 };
}

/** Whether the process may still be at work; one on another host may. */
async function isAlive({ host, pid, start }: Owner): Promise<boolean> {
  if (host !== os.hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const stat = await processStat(pid);
  // A killed process that nobody waits for stays a zombie, in a container for ever.
  return stat === undefined ? start === 0 : stat.state !== 'Z' && stat.start === start;
}

const privateFolder = ({ host, pid, start }: Owner) => `${runFolder}-${pid}-${start}-${host}`;

async function ownerOf(root: string, folder: string): Promise<Owner | undefined> {
  const [, pid, start, host] = /^\.ds-devops\.run-(\d+)-(\d+)-(.+)$/.exec(folder) ?? [];
  if (pid !== undefined) return { host: host as string, pid: Number(pid), start: Number(start) };
  return fs.readJson(path.join(root, folder, 'owner.json')).catch(() => undefined);
}

const parts = ['new', 'old', 'owner.json', 'prepared.json', 'journal.json'];

/** Whether a folder with such a name holds nothing but what a run puts there; any other is its owner's. */
async function isOurs(root: string, folder: string): Promise<boolean> {
  const names = await fs.readdir(path.join(root, folder)).catch(() => undefined);
  const isNamedSo = folder === runFolder || /^\.ds-devops\.run-\d+-\d+-./.test(folder);
  return isNamedSo && names?.every((name) => parts.includes(name)) === true;
}

const inside = (root: string, folder: string, ...names: (string | number)[]) =>
  path.join(root, folder, ...names.map(String));

/**
 * Makes a folder of this run's own to stage in.
 *
 * @returns its name; it becomes {@link runFolder} by {@link begin}.
 */
export async function openStaging(root: string): Promise<string> {
  const owner = await thisProcess();
  const folder = privateFolder(owner);
  await fs.mkdirp(inside(root, folder, 'new'));
  await fs.mkdirp(inside(root, folder, 'old'));
  await fs.writeJson(inside(root, folder, 'owner.json'), owner);
  return folder;
}

/**
 * Takes the repository for this run.
 *
 * @throws UserError while another run has it.
 */
export async function begin(root: string, staging: string, journal: Journal): Promise<void> {
  await fs.writeJson(inside(root, staging, 'prepared.json'), journal);
  try {
    await fs.rename(inside(root, staging), inside(root, runFolder));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM') throw atWork(root, undefined);
    throw error;
  }
}

/** From here on a run that is killed is finished by the next one. */
export const commit = (root: string) =>
  fs.rename(inside(root, runFolder, 'prepared.json'), inside(root, runFolder, 'journal.json'));

/** Ends the run: nothing of it is left but what it placed. */
export async function end(root: string): Promise<void> {
  // The next run takes a folder without a journal away: killed in the middle of this, nothing is done twice.
  await fs.remove(inside(root, runFolder, 'journal.json'));
  await fs.remove(inside(root, runFolder));
}

/** Carries out what is left of the journal; what was done already is left as it is. */
export async function rollForward(root: string): Promise<void> {
  const journal = await readJournal(root);
  for (const [n, removal] of journal.removals.entries()) await carryOff(root, removal, n);
  const undone = await wasUndone(root, journal);
  for (const [n, placing] of journal.placings.entries())
    if (!undone || whyNot(placing.path) === undefined) await place(root, placing, n);
}

/**
 * Whether somebody has undone since what was placed already (git reset): the state that says it was placed would then make
 * of each such file one that its owner has edited.
 */
async function wasUndone(root: string, { placings }: Journal): Promise<boolean> {
  const isStaged = await Promise.all(placings.map((_, n) => fs.pathExists(inside(root, runFolder, 'new', n))));
  const placed = placings.filter((_, n) => !isStaged[n]);
  const found = await readWorkingTree(
    root,
    placed.map(({ path: file }) => file),
  );
  return placed.some(({ path: file, before, after }) => {
    const there = found.get(file);
    return there?.kind === 'file' && before !== after && there.sha256 === before;
  });
}

async function readJournal(root: string): Promise<Journal> {
  const file = inside(root, runFolder, 'journal.json');
  const journal = (await fs.readJson(file).catch(() => undefined)) as Journal | undefined;
  const paths = [...(journal?.removals ?? []), ...(journal?.placings ?? [])];
  if (!journal?.removals || !journal.placings || !paths.every(({ path: at }) => isInside(at)))
    throw new UserError(`${file} is damaged: restore the repository from git, delete ${runFolder}, and run again`);
  return journal;
}

async function carryOff(root: string, { path: file, before }: Removal, n: number): Promise<void> {
  const old = inside(root, runFolder, 'old', n);
  const found = (await readWorkingTree(root, [file])).get(file);
  // That it lies in `old` means that it was done, even if the name leads to another file now (a change of case only).
  if (found?.kind === 'file' && found.sha256 === before && !(await fs.pathExists(old)))
    await fs.rename(path.join(root, file), old);
  for (let folder = path.posix.dirname(file); folder !== '.'; folder = path.posix.dirname(folder)) {
    // Only a folder that is now empty goes; rmdir refuses any other.
    const gone = await fs.rmdir(path.join(root, folder)).then(
      () => true,
      (error) => error.code === 'ENOENT',
    );
    if (!gone) return;
  }
}

async function place(root: string, { path: file, before, after }: Placing, n: number): Promise<void> {
  const staged = inside(root, runFolder, 'new', n);
  if (!(await fs.pathExists(staged))) return;
  const found = (await readWorkingTree(root, [file])).get(file);
  const edited = found?.kind === 'file' && found.sha256 !== before && found.sha256 !== after;
  const inTheWay = found?.kind === 'blocked' && found.entries?.length !== 0;
  const target = edited || inTheWay ? await freeBeside(root, file, inTheWay ? found.by : file, after) : file;
  if (target === undefined) return;
  if (found?.kind === 'blocked' && target === file) await removeEmpty(path.join(root, file));
  await fs.mkdirp(path.dirname(path.join(root, target)));
  await fs.rename(staged, path.join(root, target)).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EXDEV') throw error;
    // The place lies on another file system (a mounted folder): beside it first, so that it is replaced at once there too.
    const near = `${path.join(root, target)}.ds-devops-tmp`;
    await fs.copy(staged, near);
    await fs.rename(near, path.join(root, target));
    await fs.remove(staged);
  });
}

/** Where a file is put that its owner's has come before, in the way: at neither of the two places if both are taken too. */
async function freeBeside(root: string, file: string, by: string, after: string): Promise<string | undefined> {
  const places = [besidePath(file, by), besidePath(file, by, `-${after.slice(0, 8)}`)];
  const found = await readWorkingTree(root, places);
  return places.find((place) => {
    const there = found.get(place);
    return there?.kind === 'absent' || (there?.kind === 'file' && there.sha256 === after);
  });
}

/** Removes a folder that holds nothing but folders. */
async function removeEmpty(folder: string): Promise<void> {
  for (const name of await fs.readdir(folder)) await removeEmpty(path.join(folder, name));
  await fs.rmdir(folder);
}

/**
 * Finishes, or clears away, what a killed run has left. To be called before anything is read.
 *
 * @param mayWrite false for a run that only looks.
 * @returns whether there was something to finish.
 * @throws UserError while another run is at work, or if there is something to finish and nothing may be written.
 */
export async function resume(root: string, mayWrite: boolean): Promise<boolean> {
  const names = await fs.readdir(root).catch(() => []);
  let finished = false;
  for (const folder of names.filter((name) => name === runFolder || name.startsWith(`${runFolder}-`)).sort()) {
    if (!(await isOurs(root, folder))) continue;
    const owner = await ownerOf(root, folder);
    if (owner && (await isAlive(owner))) {
      if (folder !== runFolder) continue;
      throw atWork(root, owner);
    }
    const committed = folder === runFolder && (await fs.pathExists(inside(root, folder, 'journal.json')));
    if (!mayWrite && committed)
      throw new UserError(
        `${root}: a run was killed before it was done: run the command without --dry-run and --check to finish it`,
      );
    if (!mayWrite) continue;
    if (committed) {
      await claim(root);
      await finishing(root, () => rollForward(root));
      await end(root);
      finished = true;
    } else await fs.remove(inside(root, folder));
  }
  return finished;
}

/** Makes a dead run's folder this run's; of two that try, one gets it. */
async function claim(root: string): Promise<void> {
  const owner = await thisProcess();
  const mine = inside(root, privateFolder(owner));
  try {
    await fs.rename(inside(root, runFolder), mine);
    await fs.writeJson(path.join(mine, 'owner.json'), owner);
    await fs.rename(mine, inside(root, runFolder));
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? atWork(root, undefined) : error;
  }
}

/** Names the failure of a step after the point of no return. */
export async function finishing(root: string, step: () => Promise<void>): Promise<void> {
  await step().catch((error: NodeJS.ErrnoException) => {
    if (error.code === undefined) throw error;
    throw new UserError(
      `${error.path ?? root} cannot be written (${reason(error)}): mend that, and the same command finishes what was begun`,
    );
  });
}

/** A system error's code in words, where most people meet it. */
export const reason = ({ code }: NodeJS.ErrnoException) => (code === 'ENOSPC' ? 'ENOSPC: the disk is full' : code);

const atWork = (root: string, owner: Owner | undefined): UserError => {
  const who = owner ? ` (process ${owner.pid} on ${owner.host})` : '';
  return new UserError(
    `${root}: another run${who} is at work here: wait for it; if there is none any more, delete ${runFolder}/owner.json (nothing else: the rest may be all there is of what you wrote) and run again, which finishes what it began`,
  );
};
