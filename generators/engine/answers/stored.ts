import { createRequire } from 'node:module';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fs from 'fs-extra';
import type * as Jsonc from 'jsonc-parser';
import { UserError } from '../errors.ts';
import { isFormat, modelFiles } from '../model/model-formats.ts';
import { isSampleFormat, sampleFiles } from '../model/samples.ts';
import { flags, type StoredAnswers } from './answers.ts';

/** Yeoman's file of answers; other generators keep theirs in it under names of their own. */
export const storedFile = '.yo-rc.json';

const key = 'generator-ds-devops';

export interface Stored {
  /** undefined in a repository that is not ours yet. */
  readonly answers: StoredAnswers | undefined;
  /** The file's text with new answers in the place of ours; other generators' stay. */
  with(answers: StoredAnswers): string;
}

/**
 * Reads the answers of the last run.
 *
 * @throws UserError if the file is no JSON object, or an answer in it is none that this version allows.
 */
export async function readStored(root: string): Promise<Stored> {
  const file = path.join(root, storedFile);
  const text = await fs.readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return '{}';
    throw new UserError(`${file} cannot be read (${error.code}): make it readable and run again`);
  });
  const all = parseObject(text);
  if (!all)
    throw new UserError(`${file} is no JSON object: restore it from git (git checkout -- ${storedFile}) and run again`);
  const ours = all[key];
  const answers = ours === undefined ? undefined : checked(file, ours);
  return {
    answers,
    with: (next) => textWith(text, all, { ...(ours as object), ...next }),
  };
}

/** The text with our answers in it; every other byte as it is, and all of them where ours are there already. */
function textWith(text: string, all: Record<string, unknown>, ours: object): string {
  const answers = JSON.parse(JSON.stringify(ours));
  if (isDeepStrictEqual(all[key], answers)) return text;
  if (Object.keys(all).every((name) => name === key)) return `${JSON.stringify({ [key]: answers }, undefined, 2)}\n`;
  // Another generator's numbers, order and comments are its own.
  const { applyEdits, modify } = createRequire(import.meta.url)('jsonc-parser') as typeof Jsonc;
  const formattingOptions = { insertSpaces: true, tabSize: 2, eol: text.includes('\r\n') ? '\r\n' : '\n' };
  return applyEdits(text, modify(text, [key], answers, { formattingOptions }));
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isReference = (value: unknown) =>
  isObject(value) && typeof value.name === 'string' && typeof value.from === 'string' && value.from !== '';

const isValue = (value: unknown) => ['string', 'boolean'].includes(typeof value) || Number.isSafeInteger(value);

function checked(file: string, ours: unknown): StoredAnswers {
  const refuse = (problem: string) =>
    new UserError(`${file}: ${problem}; mend it or restore it from git, and run again`);
  if (!isObject(ours)) throw refuse(`${key} is no object`);
  for (const flag of flags) {
    const value = ours[flag.name];
    if (!('parse' in flag) || value === undefined) continue;
    try {
      if (flag.parse(String(value)) !== value)
        throw new UserError(`${flag.name} ${JSON.stringify(value)} is of the wrong type`);
    } catch (error) {
      throw refuse((error as Error).message);
    }
  }
  const { model, modelSha256, featureNames, samples, samplesSha256, packs, packAnswers } = ours;
  if (model !== undefined && model !== 'example' && !isFormat(model))
    throw refuse(`model ${JSON.stringify(model)} is none of example, ${Object.keys(modelFiles).join(', ')}`);
  if (packs !== undefined && !(Array.isArray(packs) && packs.every(isReference)))
    throw refuse('packs is no list of packs, each with a name and where it is from');
  if (packAnswers !== undefined && !(isObject(packAnswers) && Object.values(packAnswers).every(isValue)))
    throw refuse('packAnswers is no object of texts, whole numbers, true and false');
  if (
    featureNames !== undefined &&
    !(Array.isArray(featureNames) && featureNames.every((name) => typeof name === 'string'))
  )
    throw refuse('featureNames is no list of texts');
  if (isFormat(model) && !/^[0-9a-f]{64}$/.test(String(modelSha256)))
    throw refuse(`modelSha256 ${JSON.stringify(modelSha256)} is no SHA-256`);
  if (samples !== undefined && !isSampleFormat(samples))
    throw refuse(`samples ${JSON.stringify(samples)} is none of ${Object.keys(sampleFiles).join(', ')}`);
  if (samples !== undefined && !isFormat(model)) throw refuse('samples are there, and no model of the owner');
  if (samples !== undefined && !/^[0-9a-f]{64}$/.test(String(samplesSha256)))
    throw refuse(`samplesSha256 ${JSON.stringify(samplesSha256)} is no SHA-256`);
  return ours;
}
