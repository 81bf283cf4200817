import os from 'node:os';
import path from 'node:path';
import fs from 'fs-extra';
import { type Answers, defaults, flags, highestLevelOf } from '../engine/answers.ts';
import { type Composition, compose } from '../engine/compose.ts';
import { UserError } from '../engine/errors.ts';
import type { Value } from '../engine/manifest.ts';
import { builtIn, builtInFolder, readPack } from '../engine/packs.ts';
import { render } from '../engine/render.ts';
import { noSamples } from '../engine/samples.ts';
import { highestLevel } from '../engine/stages.ts';
import type { Arguments } from './arguments.ts';
import { execute, findUv } from './install.ts';
import { handedOver } from './obtain.ts';
import { answerQuestions, refuseLocked } from './pack-answers.ts';
import { refuseUnpublishable } from './publishable.ts';
import type { Terminal } from './terminal.ts';

/** One repository that is made with the pack. */
type Case = Pick<Answers, 'level' | 'target' | 'ci'>;

/**
 * Renders a pack at every level, target and provider that it allows, and proves one repository for each target.
 *
 * @returns the exit code: 1 where a check of a repository fails; that repository is kept and named.
 * @throws UserError if the pack is not valid or cannot be rendered somewhere; the message says where.
 */
export async function trial(terminal: Terminal, folder: string, args: Arguments): Promise<number> {
  const { cwd, prompt, stdout, stderr } = terminal;
  const around = { root: folder, cwd, lock: undefined, prompt, trusts: args.given.has('trust'), progress: stderr };
  const before = [];
  for (const typed of args.all.get('pack') ?? []) before.push((await handedOver(typed, around)).pack);
  const pack = await readPack(folder);
  const composition = await compose(await readPack(builtInFolder), [...before, pack]);
  await refuseUnpublishable(pack);
  const { packAnswers = {} } = await answerQuestions(args, composition, undefined, undefined);
  const cases = casesOf(args, composition);
  const times = await renderAll(composition, cases, packAnswers);
  stdout(`${pack.name} ${pack.version}: rendered ${times} times, ${said(cases)}\n`);
  if (!composition.packs.some(({ name }) => name === builtIn)) {
    stdout('It brings all of its files itself: what proves them is its own, and was not run.\n');
    return 0;
  }
  let failed = 0;
  for (const { tasks, ...each } of proven(cases)) if (!(await prove(terminal, folder, args, each, tasks))) failed += 1;
  return failed === 0 ? 0 : 1;
}

function casesOf({ given }: Arguments, { packs, settled }: Composition): Case[] {
  const builtOnOurs = packs.some(({ name }) => name === builtIn);
  const values = (name: 'target' | 'ci'): string[] => {
    const { parse, question } = flags.find((flag) => flag.name === name) as Extract<
      (typeof flags)[number],
      { name: 'ci' }
    >;
    const typed = given.get(name);
    const fixed = settled.get(name);
    if (typed !== undefined) refuseLocked(`--${name} ${typed}`, parse(typed), fixed);
    if (fixed?.locked) return [String(fixed.value)];
    return typed === undefined ? question.choices.map(({ value }) => value) : [typed];
  };
  const only = given.get('level');
  return values('target').flatMap((target) => {
    const highest = builtOnOurs ? highestLevelOf(target) : highestLevel;
    const levels = Array.from({ length: highest + 1 }, (_, level) => level).filter(
      (level) => only === undefined || level === Number(only),
    );
    if (levels.length === 0)
      throw new UserError(`--level ${only} is not there for the target ${target}: the highest there is ${highest}`);
    return values('ci').flatMap((ci) => levels.map((level) => ({ level, target, ci })));
  });
}

/** Everything once, and at each target's highest level every answer that a question offers. */
async function renderAll(
  composition: Composition,
  cases: readonly Case[],
  packAnswers: Readonly<Record<string, Value>>,
): Promise<number> {
  const others = composition.questions.flatMap(({ name, type, choices }) => {
    if (composition.settled.get(name)?.locked) return [];
    return (choices ?? (type === 'boolean' ? [true, false] : [])).map((value) => ({ ...packAnswers, [name]: value }));
  });
  const highest = new Set(highestOf(cases));
  let times = 0;
  for (const each of cases)
    for (const answers of [packAnswers, ...(highest.has(each) ? others : [])]) {
      const name = { name: 'demo', packageName: 'demo' };
      times += 1;
      await render(composition, {
        ...name,
        ...each,
        model: defaults.model,
        samples: noSamples,
        packAnswers: answers,
      }).catch((error) => {
        throw error instanceof UserError ? new UserError(`${told(each)}: ${error.message}`) : error;
      });
    }
  return times;
}

const highestOf = (cases: readonly Case[]): Case[] =>
  cases.filter(({ level, target }) => cases.every((other) => other.target !== target || other.level <= level));

/** One whole proof for each target, with another provider each; and for the providers that are left over, of the pipeline alone. */
function proven(cases: readonly Case[]): (Case & { tasks: string })[] {
  const highest = highestOf(cases);
  const targets = [...new Set(highest.map(({ target }) => target))];
  const providers = [...new Set(highest.map(({ ci }) => ci))];
  const count = Math.max(targets.length, providers.length);
  return Array.from({ length: count }, (_, index) => {
    const target = targets[index % targets.length];
    const found = highest.find(
      (each) => each.target === target && each.ci === providers[index % providers.length],
    ) as Case;
    return { ...found, tasks: index < targets.length ? 'verify' : found.level >= 2 ? 'quality' : '' };
  }).filter(({ tasks }) => tasks !== '');
}

const told = ({ level, target, ci }: Case) => `level ${level}, target ${target}, CI ${ci}`;

function said(cases: readonly Case[]): string {
  const all = <T>(of: (each: Case) => T) => [...new Set(cases.map(of))].join(', ');
  return `at level ${all(({ level }) => level)}, target ${all(({ target }) => target)}, CI ${all(({ ci }) => ci)}`;
}

/** Makes a repository and runs what it proves itself with; whether all passed. What failed is kept. */
async function prove(terminal: Terminal, pack: string, { all }: Arguments, each: Case, task: string): Promise<boolean> {
  const { stdout, stderr, cwd } = terminal;
  const above = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), 'ds-devops-pack-'));
  const root = path.join(above, 'demo');
  const packs = [...(all.get('pack') ?? []), pack].flatMap((ref) => ['--pack', ref]);
  const answers = (all.get('answer') ?? []).flatMap((answer) => ['--answer', answer]);
  const settings = ['--level', String(each.level), '--target', each.target, '--ci', each.ci, '--trust', '--yes'];
  const { run } = await import('./run.ts');
  const argv = [root, ...settings, ...packs, ...answers];
  let output = '';
  const { DS_DEVOPS_CONFIG } = process.env;
  // The usual packs are not what is tried.
  process.env.DS_DEVOPS_CONFIG = '';
  const made = await run({
    ...terminal,
    argv,
    cwd,
    prompt: undefined,
    stdout: () => {},
    stderr: (text) => (output += text),
  });
  if (DS_DEVOPS_CONFIG === undefined) delete process.env.DS_DEVOPS_CONFIG;
  else process.env.DS_DEVOPS_CONFIG = DS_DEVOPS_CONFIG;
  stderr(`Proving ${told(each)} …\n`);
  const { uv } = await findUv(root, stderr);
  if (made === 0) await execute(root, 'git', ['init', '--quiet']);
  // As its own pipeline runs it: what is skipped has to be on its list.
  const checked =
    made === 0 ? await execute(root, uv, ['run', '--quiet', 'poe', '--quiet', task], { CI: 'true' }) : undefined;
  output += checked?.output ?? '';
  const figures = /(\d+ passed, \d+ failed, \d+ skipped)\n*$/.exec(output)?.[1] ?? 'it could not be made';
  if (checked?.ok) {
    stdout(`${told(each)}: ${figures}\n`);
    await fs.remove(above);
    return true;
  }
  stderr(output);
  stdout(`${told(each)}: ${figures}; what failed is above, the repository is ${root}\n`);
  return false;
}
