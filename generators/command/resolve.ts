import path from 'node:path';
import fs from 'fs-extra';
import { type Answers, defaults, flags, type StoredAnswers } from '../engine/answers/answers.ts';
import { nameOf, packageOf, parseName } from '../engine/answers/names.ts';
import { UserError } from '../engine/errors.ts';
import { readModel } from '../engine/model/model.ts';
import { noSamples, readSamples } from '../engine/model/samples.ts';
import type { Composition } from '../engine/render/compose.ts';
import { highestLevel } from '../engine/render/stages.ts';
import type { Arguments } from './arguments.ts';
import { answerQuestions, refuseLocked } from './pack-answers.ts';
import type { Prompt } from './terminal.ts';

/**
 * The answers of a run: a flag beats a stored answer, which beats what is asked on a terminal, which offers the default.
 *
 * @param root the repository's folder, absolute.
 * @param prompt undefined where nothing may be asked.
 * @throws UserError for a value that is not allowed, or a level below the repository's.
 */
export async function resolveAnswers(
  args: Arguments,
  stored: StoredAnswers | undefined,
  root: string,
  cwd: string,
  prompt: Prompt | undefined,
  composition: Composition,
): Promise<Answers> {
  const { given } = args;
  const { settled } = composition;
  const answers: Record<string, string | number> = {};
  for (const flag of flags) {
    if (!('parse' in flag)) continue;
    const text = given.get(flag.name);
    const typed = text === undefined ? undefined : flag.parse(text);
    const fixed = settled.get(flag.name);
    refuseLocked(`--${flag.name} ${text}`, typed, fixed);
    const value = fixed?.locked ? (fixed.value as string) : (typed ?? stored?.[flag.name]);
    if (value !== undefined) answers[flag.name] = value;
  }
  const has = stored?.level;
  if (has !== undefined && (answers.level as number) < has)
    throw new UserError(
      `--level ${answers.level} is below the repository's level ${has}: stages are never taken away; give ${has} or more`,
    );
  const handed = given.get('model');
  const model = modelAnswer(stored, handed === undefined ? undefined : await readModel(handed, cwd));
  const samples = await samplesAnswer(stored, given.get('samples'), model.model, cwd);

  const named = given.has('adopt') ? await projectName(root) : undefined;
  const offers = {
    target: () => defaults.target,
    ci: () => defaults.ci,
    level: () => (has === undefined ? defaults.level : has + 1),
    name: () => named ?? nameOf(path.basename(root)),
  };
  for (const flag of flags) {
    if (!('question' in flag)) continue;
    const { name, question, parse } = flag;
    // A repository that has a level keeps it, unless there is a person to offer the next step to.
    const climbs = name === 'level' && prompt && has !== undefined && !given.has('level') && has < highestLevel;
    if (answers[name] !== undefined && !climbs) continue;
    const preset = has === undefined ? (settled.get(name)?.value as string | undefined) : undefined;
    const offered = preset ?? offers[name]();
    const between = ({ value }: { value: unknown }) => name !== 'level' || Number(value) >= (has ?? 0);
    const choices = 'choices' in question ? { choices: question.choices.filter(between) } : {};
    const asks = prompt && (name === 'level' || name === 'name' || matters(name, composition));
    answers[name] = asks ? await prompt({ message: question.message, ...choices, offered, parse }) : offered;
  }
  const { level, target, ci, name } = answers as unknown as Answers;
  const packAnswers = await answerQuestions(args, composition, stored && (stored.packAnswers ?? {}), prompt);
  return { name, packageName: packageOf(name), level, target, ci, ...model, ...samples, ...packAnswers };
}

/** Whether any template is emitted for some values of an answer and not for others. */
const matters = (answer: string, { packs }: Composition): boolean =>
  packs.some(({ templates }) => templates.some(({ conditions }) => conditions.some(([name]) => name === answer)));

/** The name that a project which was there before has given itself, if it is one that a repository can have. */
async function projectName(root: string): Promise<string | undefined> {
  const text = await fs.readFile(path.join(root, 'pyproject.toml'), 'utf8').catch(() => '');
  const { parse } = await import('@decimalturn/toml-patch');
  try {
    return parseName(String((parse(text) as { project?: { name?: unknown } }).project?.name));
  } catch {
    return undefined;
  }
}

function modelAnswer(stored: StoredAnswers | undefined, handed: Awaited<ReturnType<typeof readModel>> | undefined) {
  if (handed) return handed;
  const { model = defaults.model, modelSha256, featureNames } = stored ?? {};
  return { model, featureNames, ...(modelSha256 === undefined ? {} : { modelSha256 }) };
}

/** The rows that are handed over now, else those that the repository has. */
async function samplesAnswer(
  stored: StoredAnswers | undefined,
  typed: string | undefined,
  model: string,
  cwd: string,
): Promise<Pick<Answers, 'samples' | 'samplesSha256' | 'samplesContent'>> {
  if (typed !== undefined && model === defaults.model)
    throw new UserError(
      `--samples ${JSON.stringify(typed)} is for a model of your own, and there is none: give it too, with --model PATH`,
    );
  if (typed !== undefined) return readSamples(typed, cwd);
  const { samples = noSamples, samplesSha256 } = stored ?? {};
  return { samples, ...(samplesSha256 === undefined ? {} : { samplesSha256 }) };
}
