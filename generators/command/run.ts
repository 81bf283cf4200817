import path from 'node:path';
import fs from 'fs-extra';
import type { Answers, StoredAnswers } from '../engine/answers.ts';
import { apply, type Changes } from '../engine/apply.ts';
import { UserError } from '../engine/errors.ts';
import { formatLock, type Lock, lockFile, lockOf, readLock } from '../engine/lock.ts';
import { builtInFolder, readPack } from '../engine/packs.ts';
import { type Plan, plan } from '../engine/plan.ts';
import { render } from '../engine/render.ts';
import { readStored, type Stored, storedFile } from '../engine/stored.ts';
import { readWorkingTree } from '../engine/worktree.ts';
import { type Arguments, parseArguments } from './arguments.ts';
import { help } from './help.ts';
import { install } from './install.ts';
import { asJson, closingWords, planWords } from './report.ts';
import { resolveAnswers } from './resolve.ts';
import type { Terminal } from './terminal.ts';

/** The exit codes of the command; anything else is a bug. */
export const exitCodes = { done: 0, failed: 1, conflicts: 3, changes: 4, notInstalled: 5, interrupted: 130 } as const;

/**
 * Runs the command once: answers → render → plan → apply, then the installation and the closing words.
 *
 * @returns the exit code. A user's mistake is told in one line on standard error; anything else that throws is a bug.
 */
export async function run(terminal: Terminal): Promise<number> {
  const interrupt = () => process.exit(exitCodes.interrupted);
  process.on('SIGINT', interrupt);
  try {
    return await walk(terminal, () => process.off('SIGINT', interrupt));
  } catch (error) {
    if (error instanceof UserError) {
      terminal.stderr(`ds-devops: ${error.message}\n`);
      return exitCodes.failed;
    }
    // Inquirer's answer to Ctrl-C at a question.
    if ((error as Error).name === 'ExitPromptError') return exitCodes.interrupted;
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** A run that has decided everything and written nothing. */
export interface Decided {
  readonly root: string;
  readonly answers: Answers;
  readonly plan: Plan;
  /** What is to be written and removed; empty where the repository is as it should be. */
  readonly changes: Changes;
}

async function walk(terminal: Terminal, uninterruptible: () => void): Promise<number> {
  const { argv, cwd, command, stdout, stderr } = terminal;
  const args = await parseArguments(argv);
  if (args.given.has('help')) return say(stdout, help(command));
  if (args.given.has('version')) return say(stdout, `${(await readPack(builtInFolder)).version}\n`);
  const decided = await decide(terminal, args);
  const conflicts = decided.plan.filter(({ outcome }) => outcome === 'conflict');
  const json = args.given.has('json');
  if (json) stdout(asJson(decided));
  const checking = args.given.has('check');
  if (checking || args.given.has('dry-run')) {
    if (!json) stdout(planWords(decided, cwd));
    return checking && !isEmpty(decided.changes) ? exitCodes.changes : exitCodes.done;
  }
  uninterruptible();
  const ignore = () => {};
  process.on('SIGINT', ignore);
  try {
    if (!isEmpty(decided.changes)) await apply(decided.root, decided.changes);
    const installed = args.given.has('skip-install') ? undefined : await install(decided, stderr);
    (json ? stderr : stdout)(closingWords(decided, cwd, installed));
    if (conflicts.length > 0) return exitCodes.conflicts;
    return installed?.failed ? exitCodes.notInstalled : exitCodes.done;
  } finally {
    process.off('SIGINT', ignore);
  }
}

function say(stdout: (text: string) => void, text: string): number {
  stdout(text);
  return exitCodes.done;
}

async function decide({ cwd, prompt }: Terminal, args: Arguments): Promise<Decided> {
  const root = path.resolve(cwd, args.directory);
  await refuseNoFolder(root, args.directory);
  const pack = await readPack(builtInFolder);
  const [stored, lock] = await Promise.all([readStored(root), readLock(root, pack.version)]);
  if (stored.answers && !lock)
    throw new UserError(
      `${path.join(root, lockFile)} is missing, though ${storedFile} says this is a ds-devops repository: restore it from git (git checkout -- ${lockFile}) and run again`,
    );
  const silent = ['yes', 'json', 'check'].some((flag) => args.given.has(flag as 'yes'));
  const answers = await resolveAnswers(args, stored.answers, root, cwd, silent ? undefined : prompt);
  const theirs = await render([pack], answers);
  const base = lock?.files ?? new Map();
  const ours = await readWorkingTree(root, new Set([...base.keys(), ...theirs.keys()]));
  const steps = plan({ base, ours, theirs }, `ds-devops level ${answers.level}`);
  const next = lockOf(theirs, pack.version, { [pack.name]: pack.version }, lock);
  return { root, answers, plan: steps, changes: await changesOf(root, steps, stored, answers, next) };
}

async function refuseNoFolder(root: string, typed: string): Promise<void> {
  const isFile = await fs.stat(root).then(
    (stat) => !stat.isDirectory(),
    (error: NodeJS.ErrnoException) => error.code === 'ENOTDIR',
  );
  if (isFile)
    throw new UserError(`${JSON.stringify(typed)} is a file, or lies below one: give a directory, new or existing`);
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

const isEmpty = ({ writes, removals, last }: Changes) => writes.length + removals.length + last.length === 0;
