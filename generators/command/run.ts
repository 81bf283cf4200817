import { apply, type Changes } from '../engine/disk/apply.ts';
import { UserError } from '../engine/errors.ts';
import { builtIn, builtInFolder, readPack } from '../engine/render/packs.ts';
import { parseArguments } from './arguments.ts';
import { decide } from './decide.ts';
import { help } from './help.ts';
import { install } from './install.ts';
import { asJson, closingWords, planWords } from './report.ts';
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

async function walk(terminal: Terminal, uninterruptible: () => void): Promise<number> {
  const { argv, cwd, command, stdout, stderr } = terminal;
  if (argv[0] === 'pack') return (await import('./author.ts')).author(terminal);
  const args = await parseArguments(argv);
  if (args.given.has('help')) return say(stdout, help(command));
  if (args.given.has('version')) return say(stdout, `${(await readPack(builtInFolder)).version}\n`);
  const decided = await decide(terminal, args);
  const conflicts = decided.plan.filter(({ outcome }) => outcome === 'conflict');
  const json = args.given.has('json');
  if (json) stdout(asJson(decided));
  const checking = args.given.has('check');
  if (checking || args.given.has('dry-run')) {
    const diff = async () => (checking ? '' : (await import('./difference.ts')).difference(decided));
    if (!json) stdout(planWords(decided, cwd, await diff()));
    return checking && !isEmpty(decided.changes) ? exitCodes.changes : exitCodes.done;
  }
  uninterruptible();
  const ignore = () => {};
  process.on('SIGINT', ignore);
  try {
    if (!isEmpty(decided.changes)) await apply(decided.root, decided.changes);
    // What is in conflict may be what is installed from.
    const skips = args.given.has('skip-install') || conflicts.length > 0 || !(builtIn in decided.packs);
    const installed = skips ? undefined : await install(decided, stderr);
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

const isEmpty = ({ writes, removals, last }: Changes) => writes.length + removals.length + last.length === 0;
