import { parseArgs } from 'node:util';
import { type Flag, type FlagName, flags } from '../engine/answers.ts';
import { UserError } from '../engine/errors.ts';

/** A command line that was understood: every flag known and with a value where it takes one. */
export interface Arguments {
  readonly directory: string;
  readonly given: ReadonlyMap<FlagName, string>;
}

const subcommands = ['pack', 'fleet', 'status'];
const byName = new Map<string, Flag>(flags.map((flag) => [flag.name, flag]));

/**
 * Parses a command line strictly.
 *
 * @throws UserError for an unknown, repeated, incomplete or not yet existing flag, or a second directory.
 */
export async function parseArguments(argv: readonly string[]): Promise<Arguments> {
  const options = Object.fromEntries(
    flags.map((flag) => [
      flag.name,
      { type: 'value' in flag ? 'string' : 'boolean', short: shorts[flag.name] ?? undefined },
    ]),
  ) as NonNullable<Parameters<typeof parseArgs>[0]>['options'];
  for (const option of Object.values(options ?? {})) if (option.short === undefined) delete option.short;
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const given = new Map<FlagName, string>();
  const directories: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') directories.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = byName.get(token.name);
    if (!flag) throw await unknown(token.rawName);
    if (flag.notYet) throw new UserError(`--${flag.name} is not in this version yet: leave it out`);
    if (
      flag.value &&
      (token.value === undefined || token.value === '' || (!token.inlineValue && token.value.startsWith('--')))
    )
      throw new UserError(`--${flag.name} needs a value: --${flag.name} ${flag.value}`);
    if (!flag.value && token.value !== undefined)
      throw new UserError(`--${flag.name} takes no value, and was given ${JSON.stringify(token.value)}: leave it out`);
    if (given.has(flag.name as FlagName) && given.get(flag.name as FlagName) !== (token.value ?? ''))
      throw new UserError(`--${flag.name} is given twice: give it once`);
    given.set(flag.name as FlagName, token.value ?? '');
  }
  const [directory = '.', second] = directories;
  if (second !== undefined)
    throw new UserError(
      `${JSON.stringify(second)} is one directory too many after ${JSON.stringify(directory)}: give one`,
    );
  if (subcommands.includes(directory))
    throw new UserError(
      `the subcommand ${directory} is not in this version yet; a folder of that name is written ./${directory}`,
    );
  if (directory === '')
    throw new UserError('the directory is empty text: give a path, or nothing for the current directory');
  return { directory, given };
}

const shorts: Partial<Record<string, string>> = { help: 'h' };

async function unknown(rawName: string): Promise<UserError> {
  const { closest } = await import('fastest-levenshtein');
  const guess = closest(
    rawName.replace(/^-+/, ''),
    flags.filter((flag) => !('notYet' in flag)).map(({ name }) => name),
  );
  return new UserError(`unknown flag ${rawName}: did you mean --${guess}? --help lists all`);
}
