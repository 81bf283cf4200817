import { parseArgs } from 'node:util';
import { type Flag, type FlagName, flags } from '../engine/answers/answers.ts';
import { UserError } from '../engine/errors.ts';

/** A command line that was understood: every flag known and with a value where it takes one. */
export interface Arguments {
  readonly directory: string;
  readonly given: ReadonlyMap<FlagName, string>;
  /** Every value of a flag, in order: for those that may be repeated. */
  readonly all: ReadonlyMap<FlagName, readonly string[]>;
}

const notYet = ['fleet', 'status'];
const byName = new Map<string, Flag>(flags.map((flag) => [flag.name, flag]));
const known = flags.map(({ name }) => name);

const options = Object.fromEntries(
  flags.map((flag) => [
    flag.name,
    {
      type: 'value' in flag ? ('string' as const) : ('boolean' as const),
      ...(flag.name === 'help' ? { short: 'h' } : {}),
    },
  ]),
);

/**
 * Parses a command line strictly.
 *
 * @throws UserError for an unknown, repeated, incomplete or not yet existing flag, or a second directory.
 */
export async function parseArguments(argv: readonly string[]): Promise<Arguments> {
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true });
  const given = new Map<FlagName, string>();
  const all = new Map<FlagName, string[]>();
  const directories: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') directories.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = byName.get(token.name);
    const name = token.name as FlagName;
    if (!flag) throw await unknown(token.rawName);
    const value = checkValue(flag, token.value, token.inlineValue === true);
    all.set(name, [...(all.get(name) ?? []), value]);
    if (!flag.repeatable && given.has(name) && given.get(name) !== value)
      throw new UserError(`--${name} is given twice: give it once`);
    given.set(name, value);
  }
  const [directory = '.', second] = directories;
  if (second !== undefined)
    throw new UserError(
      `${JSON.stringify(second)} is one directory too many after ${JSON.stringify(directory)}: give one`,
    );
  if (directory === 'pack')
    throw new UserError('the subcommand pack comes first: pack DIR; a folder of that name is written ./pack');
  if (notYet.includes(directory))
    throw new UserError(
      `the subcommand ${directory} is not in this version yet; a folder of that name is written ./${directory}`,
    );
  if (directory === '')
    throw new UserError('the directory is empty text: give a path, or nothing for the current directory');
  return { directory, given, all };
}

function checkValue({ name, value: placeholder }: Flag, value: string | undefined, inline: boolean): string {
  if (!placeholder) {
    if (value === undefined) return '';
    throw new UserError(`--${name} takes no value, and was given ${JSON.stringify(value)}: leave it out`);
  }
  if (!value || (!inline && value.startsWith('--')))
    throw new UserError(`--${name} needs a value: --${name} ${placeholder}`);
  return value;
}

async function unknown(rawName: string): Promise<UserError> {
  const { closest, distance } = await import('fastest-levenshtein');
  const typed = rawName.replace(/^-+/, '');
  const guess = closest(typed, known);
  const hint = distance(typed, guess) <= Math.min(2, typed.length - 1) ? `did you mean --${guess}?` : 'leave it out;';
  return new UserError(`unknown flag ${rawName}: ${hint} --help lists all`);
}
