import path from 'node:path';
import fs from 'fs-extra';
import { digest } from '../disk/digest.ts';
import { UserError } from '../errors.ts';
import { mlmodel, unwrap } from './mlflow.ts';
import { type Format, recognise } from './model-formats.ts';
import { pickleRecipe } from './pickles.ts';

/** A model that the user hands over. */
export interface HandedModel {
  /** Its format, as templates name it. */
  readonly model: Format;
  readonly modelSha256: string;
  readonly modelContent: Buffer;
  /** The names of its columns, where what came with it tells them. */
  readonly featureNames: readonly string[] | undefined;
}

/** What GitHub warns of, and what it refuses. */
const [large, tooLarge] = [50 * 2 ** 20, 100 * 2 ** 20];

/**
 * Reads a model to be served: a file, or a folder that MLflow wrote. The bytes are checked to be of a format that the
 * emitted service loads and are never run here.
 *
 * @throws UserError if the file cannot be read or is of no supported format.
 */
export async function readModel(typed: string, cwd: string): Promise<HandedModel> {
  const given = path.resolve(cwd, typed);
  const shown = `--model ${JSON.stringify(typed)}`;
  const isFolder = await fs.stat(given).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder && !(await fs.pathExists(path.join(given, mlmodel))))
    throw new UserError(
      `${shown} is a folder without the file ${mlmodel} that MLflow writes: give such a folder, or the model's file itself`,
    );
  const { file, featureNames } = isFolder ? await unwrap(given, shown) : { file: given, featureNames: undefined };
  const told = isFolder ? `${shown}: ${path.basename(file)}` : shown;
  const recipe = pickleRecipe(file);
  if (recipe) throw new UserError(`${told} is a pickle, and loading one runs whatever code is in it: ${recipe}`);
  const modelContent = await fs.readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      `${told} cannot be read (${error.code}): give the path of a model's file, or of an MLflow folder`,
    );
  });
  const model = recognise(modelContent, path.extname(file).toLowerCase(), told);
  return { model, modelSha256: digest(modelContent), modelContent, featureNames };
}

/** What git hosts have against a model of this size; undefined for one that they take without a word. */
export function tooLargeForGit(file: string, { length }: Buffer): string | undefined {
  if (length <= large) return undefined;
  const says = length > tooLarge ? 'refuses files above 100 MiB' : 'warns of files above 50 MiB';
  return `${file} has ${Math.round(length / 2 ** 20)} MiB, and GitHub ${says}: before you commit it, git lfs track ${file}`;
}
