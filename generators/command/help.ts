import { type Flag, flags } from '../engine/answers/answers.ts';
import { stages } from '../engine/render/stages.ts';

/** The text of `--help`: made from the flags and the ladder, and short enough for a screen of 24 lines. */
export function help(command: string): string {
  const all: readonly Flag[] = flags;
  const lines = all
    .filter(({ beside }) => beside === undefined)
    .map((flag) => [flag, ...all.filter(({ beside }) => beside === flag.name)])
    .map((line) =>
      [line.map(typed).join(', ').padEnd(19), line.map(({ help: purpose }) => purpose).join('; ')].join(' '),
    )
    .map((line) => `  ${line}`);
  return `Usage: ${command} [directory] [flags], or ${command} pack DIR [--test]
A repository that serves a model, with its DevOps up to the level you ask for:
${wrapped(stages.map(({ level, title }) => `${level} ${title}`))}${lines.join('\n')}
Exit: 0 done, 1 bad input, 3 conflicts left, 4 --check: changes, 5 not installed
`;
}

const typed = ({ name, value }: Flag) => (value ? `--${name} ${value}` : `--${name}`);

function wrapped(items: readonly string[]): string {
  const lines: string[] = [];
  for (const item of items) {
    const longer = `${lines.at(-1)} · ${item}`;
    if (lines.length > 0 && longer.length <= 80) lines[lines.length - 1] = longer;
    else lines.push(`  ${item}`);
  }
  return `${lines.join('\n')}\n`;
}
