import path from 'node:path';
import { type Outcome, outcomes, type Plan, type Step } from '../engine/plan/plan.ts';
import { builtIn } from '../engine/render/packs.ts';
import { stages } from '../engine/render/stages.ts';
import type { Decided } from './decide.ts';
import { firstTasks, type Installed } from './install.ts';

/** The plan as JSON, in the form that `docs/plan.schema.json` describes. */
export function asJson({ root, answers, stored, packs, remarks: said, plan, changes }: Decided): string {
  const { name, packageName, level, target, ci, model, modelSha256, samples, samplesSha256 } = answers;
  const handed = { model, modelSha256, samples, samplesSha256 };
  const told = { name, packageName, level, target, ci, ...handed, packAnswers: stored.packAnswers };
  const files = plan.map(({ path: file, at, outcome, stage, pack, note, write, remove }) => ({
    path: file,
    ...(at === undefined ? {} : { at }),
    outcome,
    stage,
    pack,
    ...(note === undefined ? {} : { note }),
    ...(write === undefined ? {} : { write: write.path }),
    ...(remove === undefined ? {} : { remove }),
  }));
  const count = changes.writes.length + changes.removals.length + changes.last.length;
  return `${JSON.stringify({ schema: 1, directory: root, answers: told, packs, remarks: said, changes: count, files }, undefined, 2)}\n`;
}

/**
 * What `--dry-run` and `--check` print: each file that would change, and the figures of each stage.
 *
 * @param diff the unified diff that goes before them, or nothing.
 */
export function planWords(decided: Decided, cwd: string, diff: string): string {
  const quiet: readonly Outcome[] = ['unchanged', 'adopted', 'kept', 'deleted', 'detached'];
  const lines = decided.plan
    .filter(({ outcome, write, remove }) => write || remove || !quiet.includes(outcome))
    .map((step) => `  ${step.outcome.padEnd(9)} ${named(step)}\n`);
  lines.push(...decided.changes.last.map(({ path: file }) => `  ${'state'.padEnd(9)} ${file}\n`));
  return `${diff}${title(decided, cwd)}${lines.join('')}${stageLines(decided.plan)}${remarks(decided)}Nothing was written.\n`;
}

function named({ path: file, at, note }: Step): string {
  return `${file}${at === undefined ? '' : `, which is ${at} now`}${note ? `: ${note}` : ''}`;
}

// More lines than these and the next command is off the screen; `--json` and `--check` name every file.
const mostNotes = 12;

/** What a run ends with: what was done in each stage, what is left to the owner, and the command to run next. */
export function closingWords(decided: Decided, cwd: string, installed: Installed | undefined): string {
  const conflicts = decided.plan.filter(({ outcome }) => outcome === 'conflict');
  const noted = decided.plan.filter(
    ({ outcome, note, at, write }) => outcome !== 'conflict' && (note || (at && write)),
  );
  const told = [...conflicts, ...noted.slice(0, mostNotes)];
  const notes = told.map((step) => `  ${step.outcome}: ${named(step)}\n`);
  if (noted.length > mostNotes)
    notes.push(`  … and ${noted.length - mostNotes} more: --dry-run --json names them all\n`);
  return `${title(decided, cwd)}${stageLines(decided.plan)}${remarks(decided)}${notes.join('')}${next(decided, cwd, installed)}`;
}

function title({ root, answers: { name, level, target, ci }, packs }: Decided, cwd: string): string {
  const others = Object.entries(packs).filter(([pack]) => pack !== builtIn);
  const named = others.map(([pack, { version }]) => `, pack ${pack} ${version}`).join('');
  return `${name}: level ${level}, target ${target}, CI ${ci}${named}, in ${path.relative(cwd, root) || '.'}\n`;
}

const remarks = (decided: Decided) => decided.remarks.map((each) => `  ${each}\n`).join('');

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

function next({ root, answers, plan, packs }: Decided, cwd: string, installed: Installed | undefined): string {
  const relative = path.relative(cwd, root).replace(/^-/, './-');
  const enter = relative ? `cd ${quoted(relative)} && ` : '';
  if (installed?.failed) return `All is written, but ${installed.failed}\nNext: ${enter}${installed.repeat}\n`;
  if (plan.some(({ outcome }) => outcome === 'conflict'))
    return 'Next: decide each conflict, then run the same command again\n';
  if (!(builtIn in packs)) return `Next: ${enter}git status\n`;
  const uv = installed?.uv ?? 'uv';
  const first = ['uv sync', ...firstTasks(answers).map((task) => `uv run poe ${task}`), ''].join(' && ');
  return `Next: ${enter}${installed ? '' : first}${uv} run poe verify\n`;
}

const quoted = (file: string) => (/^[\w./-]+$/.test(file) ? file : `'${file.replaceAll("'", `'\\''`)}'`);
