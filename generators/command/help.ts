import { type Flag, flags } from '../engine/answers.ts';
import { highestLevel, stages } from '../engine/stages.ts';

/** The text of `--help`: made from the flags and the ladder, and short enough for a screen of 24 lines. */
export function help(command: string): string {
  const known = (flags as readonly Flag[]).filter(({ notYet }) => !notYet);
  const lines = known.map(({ name, value, help: purpose }) => {
    const typed = value ? `--${name} ${value}` : `--${name}`;
    return `  ${typed.padEnd(19)} ${purpose}`;
  });
  const ladder = stages.map(({ level, title }) => `${level} ${title}${level > highestLevel ? ' (to come)' : ''}`);
  return `Usage: ${command} [directory] [flags]

A repository that serves a model, with its DevOps up to the level you ask for:
  ${ladder.slice(0, 2).join(' · ')}
  ${ladder.slice(2, 3).join(' · ')}
  ${ladder.slice(3, 5).join(' · ')}
  ${ladder.slice(5, 6).join(' · ')}
  ${ladder.slice(6).join(' · ')}
${lines.join('\n')}
Exit: 0 done, 1 bad input, 3 conflicts left, 4 --check found changes, 5 install failed
`;
}
