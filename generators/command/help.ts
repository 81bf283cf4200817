import { type Flag, flags } from '../engine/answers.ts';
import { stages } from '../engine/stages.ts';

/** The text of `--help`: made from the flags and the ladder, and short enough for a screen of 24 lines. */
export function help(command: string): string {
  const known = (flags as readonly Flag[]).filter(({ notYet }) => !notYet);
  const last = known.filter(({ name }) => name === 'help' || name === 'version');
  const lines = known
    .filter((flag) => !last.includes(flag))
    .map(({ name, value, help: purpose }) => line(value ? `--${name} ${value}` : `--${name}`, purpose));
  lines.push(line(last.map(({ name }) => `--${name}`).join(', '), last.map(({ help: purpose }) => purpose).join('; ')));
  return `Usage: ${command} [directory] [flags]
A repository that serves a model, with its DevOps up to the level you ask for:
${wrapped(stages.map(({ level, title }) => `${level} ${title}`))}${lines.join('\n')}
Exit: 0 done, 1 bad input, 3 conflicts left, 4 --check: changes, 5 not installed
`;
}

const line = (typed: string, purpose: string) => `  ${typed.padEnd(19)} ${purpose}`;

function wrapped(items: readonly string[]): string {
  const lines: string[] = [];
  for (const item of items) {
    const longer = `${lines.at(-1)} · ${item}`;
    if (lines.length > 0 && longer.length <= 80) lines[lines.length - 1] = longer;
    else lines.push(`  ${item}`);
  }
  return `${lines.join('\n')}\n`;
}
