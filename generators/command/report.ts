import path from 'node:path';
import { type Outcome, outcomes, type Plan } from '../engine/plan.ts';
import { stages } from '../engine/stages.ts';
import type { Decided } from './decide.ts';
import type { Installed } from './install.ts';

/** The plan as JSON: schema 1, one entry a file with its path, outcome, stage and, where there is one, a note. */
export function asJson({ root, answers, plan }: Decided): string {
  const { modelContent: _, ...told } = answers;
  const files = plan.map(({ path: file, outcome, stage, note }) => ({ path: file, outcome, stage, note }));
  return `${JSON.stringify({ schema: 1, directory: root, answers: told, files }, undefined, 2)}\n`;
}

/** What `--dry-run` and `--check` print: each file that would change, and the figures of each stage. */
export function planWords(decided: Decided, cwd: string): string {
  const quiet: readonly Outcome[] = ['unchanged', 'adopted', 'kept', 'deleted'];
  const lines = decided.plan
    .filter(({ outcome }) => !quiet.includes(outcome))
    .map(({ path: file, outcome, note }) => `  ${outcome.padEnd(9)} ${file}${note ? ` (${note})` : ''}\n`);
  return `${title(decided, cwd)}${lines.join('')}${stageLines(decided.plan)}Nothing was written.\n`;
}

/** What a run ends with: what was done in each stage, what is left to the owner, and the command to run next. */
export function closingWords(decided: Decided, cwd: string, installed: Installed | undefined): string {
  const told = decided.plan.filter(({ outcome, note }) => outcome === 'conflict' || note);
  const notes = told.map(({ path: file, outcome, note }) => `  ${outcome}: ${file}: ${note}\n`);
  return `${title(decided, cwd)}${stageLines(decided.plan)}${notes.join('')}${next(decided, cwd, installed)}`;
}

function title({ root, answers: { name, level, target, ci } }: Decided, cwd: string): string {
  return `${name}: level ${level}, target ${target}, CI ${ci}, in ${path.relative(cwd, root) || '.'}\n`;
}

function stageLines(plan: Plan): string {
  const width = Math.max(...stages.map(({ title }) => title.length));
  return stages
    .map(({ level, title }) => ({ level, title, steps: plan.filter(({ stage }) => stage === level) }))
    .filter(({ steps }) => steps.length > 0)
    .map(({ level, title, steps }) => `  ${level} ${title.padEnd(width)}  ${counts(steps)}\n`)
    .join('');
}

function counts(steps: Plan): string {
  const found = Map.groupBy(steps, ({ outcome }) => outcome);
  return (Object.keys(outcomes) as Outcome[])
    .filter((outcome) => found.has(outcome))
    .map((outcome) => `${found.get(outcome)?.length} ${outcome}`)
    .join(', ');
}

function next({ root, answers, plan }: Decided, cwd: string, installed: Installed | undefined): string {
  const relative = path.relative(cwd, root);
  const enter = relative ? `cd ${quoted(relative)} && ` : '';
  if (installed?.failed) return `All is written, but ${installed.failed}\nNext: ${enter}${installed.repeat}\n`;
  if (plan.some(({ outcome }) => outcome === 'conflict'))
    return 'Next: decide each conflict, then run the same command again\n';
  const uv = installed?.uv ?? 'uv';
  const first = answers.model === 'example' ? 'uv sync && uv run poe train && ' : 'uv sync && ';
  return `Next: ${enter}${installed ? '' : first}${uv} run poe verify\n`;
}

const quoted = (file: string) => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);
