import path from 'node:path';
import { UserError } from '../engine/errors.ts';
import { parseArguments } from './arguments.ts';
import type { Terminal } from './terminal.ts';

/** The text of `ds-devops pack --help`. */
export const authorHelp = (command: string) => `Usage: ${command} DIR [--test] [flags]
Begins a template pack in DIR. With --test: renders the pack that is there at every level, target
and CI provider that it allows, and runs the linters and checks of what it makes.
  --test              try the pack
  --level, --target, --ci
                      try it there alone
  --pack REF          a pack that comes before it, such as the one it extends (repeatable)
  --answer NAME=VALUE an answer to its questions; else their defaults (repeatable)
  --trust             trust the packs of --pack that come from npm or git
A pack from nothing: docs/packs.md
`;

const takes = ['level', 'target', 'ci', 'pack', 'answer', 'trust', 'help'];

/** `ds-devops pack DIR`: begins a pack, or tries one. @returns the exit code. */
export async function author(terminal: Terminal): Promise<number> {
  const { command, stdout } = terminal;
  const called = command === 'yo ds-devops:pack' ? command : `${command} pack`;
  const words = terminal.argv.slice(1);
  const tries = words.includes('--test');
  const args = await parseArguments(words.filter((word) => word !== '--test'));
  const strange = [...args.given.keys()].find((name) => !takes.includes(name));
  if (strange) throw new UserError(`--${strange} is no flag of ${called}: ${called} --help lists them`);
  if (args.given.has('help')) {
    stdout(authorHelp(called));
    return 0;
  }
  const folder = path.resolve(terminal.cwd, args.directory);
  if (args.directory === '.' && !tries)
    throw new UserError(`${called} needs the folder that the pack begins in: ${called} DIR`);
  if (tries) return (await import('./trial.ts')).trial(terminal, folder, args);
  const given = [...args.given.keys()][0];
  if (given) throw new UserError(`--${given} is for trying a pack: add --test, or leave it out`);
  await (await import('./begin.ts')).begin(folder);
  const shown = path.relative(terminal.cwd, folder) || '.';
  stdout(`A template pack begins in ${shown}: README.md there says what is what\nNext: ${called} ${shown} --test\n`);
  return 0;
}
