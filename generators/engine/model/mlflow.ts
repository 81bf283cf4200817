import path from 'node:path';
import fs from 'fs-extra';
import { UserError } from '../errors.ts';

/** The file in which MLflow says what is in a model's folder. */
export const mlmodel = 'MLmodel';

const largest = 2 ** 20;

/** What the generator takes out of an MLflow folder: MLflow itself is not needed to serve it. */
export interface Unwrapped {
  /** The model's own file, absolute. */
  readonly file: string;
  /** The columns' names of the signature, where it has names. */
  readonly featureNames: readonly string[] | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Finds the model in a folder that MLflow wrote. What is written there is not trusted: paths must stay inside the folder.
 *
 * @param shown how the folder is named in an error.
 * @throws UserError where the file `MLmodel` is not valid, or the model in the folder is a pickle or of another library.
 */
export async function unwrap(folder: string, shown: string): Promise<Unwrapped> {
  const refuse = (what: string) => new UserError(`${shown}: ${what}`);
  const about = await inside(folder, mlmodel, refuse);
  if ((await fs.stat(about)).size > largest) throw refuse(`${mlmodel} has more than 1 MiB: MLflow writes smaller ones`);
  const { flavors, signature } = await parsed(await fs.readFile(about, 'utf8'), refuse);
  if (!isFields(flavors)) throw refuse(`${mlmodel} names no flavors: give a folder that mlflow.….save_model wrote`);
  const data = dataOf(flavors, refuse);
  if (typeof data !== 'string') throw refuse(`${mlmodel} does not name the model's file: save the model again`);
  return { file: await inside(folder, data, refuse), featureNames: columnNames(signature) };
}

type Refuse = (what: string) => UserError;

async function parsed(text: string, refuse: Refuse): Promise<Fields> {
  const { parse } = await import('yaml');
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    return isFields(value) ? value : {};
  } catch (error) {
    throw refuse(
      `${mlmodel} is no valid YAML (${String((error as Error).message).split('\n')[0]}): save the model again`,
    );
  }
}

/** The file that the first flavor names which can be served without MLflow. */
function dataOf({ onnx, sklearn, xgboost, ...others }: Fields, refuse: Refuse): unknown {
  if (isFields(onnx)) return onnx.data;
  if (isFields(sklearn)) {
    if (sklearn.serialization_format === 'skops') return sklearn.pickled_model;
    throw refuse(
      'the scikit-learn model in it is a pickle, and loading one runs whatever code is in it: save it again with mlflow.sklearn.save_model(…, serialization_format="skops")',
    );
  }
  if (isFields(xgboost)) {
    if (xgboost.model_format === undefined || xgboost.model_format === 'ubj') return xgboost.data;
    throw refuse(
      `the XGBoost model in it is in the format ${JSON.stringify(xgboost.model_format)}: save it again with mlflow.xgboost.save_model(…, model_format="ubj")`,
    );
  }
  const { python_function: python } = others;
  if (isFields(python) && python.loader_module === 'mlflow.pyfunc.model')
    throw refuse(
      'it holds a Python model, as a pickle or as code for MLflow: give a Python file of your own with a class that has predict (--model FILE.py)',
    );
  const flavors = Object.keys(others).filter((name) => name !== 'python_function');
  throw refuse(
    `it is of the flavor ${flavors.join(', ') || 'python_function'}, and onnx, sklearn and xgboost are served: save it with mlflow.onnx.save_model`,
  );
}

/** A path of the folder's, absolute, links followed. */
async function inside(folder: string, relative: string, refuse: Refuse): Promise<string> {
  const outside = () =>
    refuse(`the path ${JSON.stringify(relative)} leads out of the folder: give a folder that is whole`);
  if (path.isAbsolute(relative) || relative.split(/[\\/]/).includes('..')) throw outside();
  const root = await fs.realpath(folder);
  const file = await fs.realpath(path.join(root, relative)).catch((error: NodeJS.ErrnoException) => {
    throw refuse(`${JSON.stringify(relative)} cannot be read (${error.code}): give a folder that is whole`);
  });
  if (!file.startsWith(root + path.sep)) throw outside();
  if (!(await fs.stat(file)).isFile())
    throw refuse(`${JSON.stringify(relative)} is no file: give a folder that is whole`);
  return file;
}

/** The names in a signature of columns; a signature of tensors has none. */
function columnNames(signature: unknown): string[] | undefined {
  if (!isFields(signature) || typeof signature.inputs !== 'string') return undefined;
  let columns: unknown;
  try {
    columns = JSON.parse(signature.inputs);
  } catch {
    return undefined;
  }
  if (!Array.isArray(columns)) return undefined;
  const names = columns.flatMap((column) =>
    isFields(column) && column.type !== 'tensor' && typeof column.name === 'string' ? [column.name] : [],
  );
  const whole = names.length === columns.length && new Set(names).size === names.length && names.length > 0;
  return whole ? names : undefined;
}
