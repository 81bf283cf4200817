import { isUtf8 } from 'node:buffer';
import { UserError } from '../errors.ts';
import { isOnnx, outputThatIsNoTensor, weightsOutside } from './onnx.ts';
import { pickleRecipeOf } from './pickles.ts';
import { zipEntries } from './zip.ts';

/** The formats that the emitted service loads, and the name that the model's file has there. */
export const modelFiles = { onnx: 'model.onnx', skops: 'model.skops', xgboost: 'model.ubj', python: 'model.py' };

export type Format = keyof typeof modelFiles;

export const isFormat = (name: unknown): name is Format => Object.keys(modelFiles).includes(String(name));

/** The name of the model's file in `model/`, for the answer `model`; the example is trained to ONNX. */
export const modelFile = (model: string): string => (isFormat(model) ? modelFiles[model] : modelFiles.onnx);

const allowed = 'ONNX, skops, XGBoost (.ubj), a Python class with predict (.py) or an MLflow folder';
/** UBJSON's object with the key `learner` first, its length before it. */
const ubjHead = Buffer.concat([Buffer.from('{L'), Buffer.from([0, 0, 0, 0, 0, 0, 0, 7]), Buffer.from('learner{')]);
const ubj = 'load it and save it again with booster.save_model("model.ubj")';

/**
 * The format of a model's bytes, found by what is in them; only Python goes by its ending.
 *
 * @param told how the file is named in an error.
 * @throws UserError with the way to convert it, for what cannot be served.
 */
export function recognise(bytes: Buffer, ending: string, told: string): Format {
  const refuse = (what: string) => new UserError(`${told} ${what}`);
  const recipe = pickleRecipeOf(bytes);
  if (recipe) throw refuse(`holds a pickle, and loading one runs whatever code is in it: ${recipe}`);
  if (ending === '.py') return checkedPython(bytes, refuse);
  if (zipEntries(bytes)?.includes('schema.json')) return 'skops';
  const head = bytes.toString('latin1', 0, 64);
  if (/^\{\s*"learner"|^binf|^bs64/.test(head)) throw refuse(`is XGBoost's JSON or its old binary format: ${ubj}`);
  if (bytes.subarray(0, ubjHead.length).equals(ubjHead)) return 'xgboost';
  if (isOnnx(bytes)) return checkedOnnx(bytes, refuse);
  const named = Object.values(modelFiles).some((file) => file.endsWith(ending)) && ending !== '';
  throw refuse(
    `is no model that can be served${named ? ', whatever its name says' : ''}: give ${allowed}; scikit-learn's are saved by skops.io.dump or skl2onnx.to_onnx, PyTorch's by torch.onnx.export`,
  );
}

type Refuse = (what: string) => UserError;

function checkedOnnx(bytes: Buffer, refuse: Refuse): Format {
  const other = outputThatIsNoTensor(bytes);
  if (other !== undefined)
    throw refuse(
      `has the output ${JSON.stringify(other)}, which is no tensor: export it again without ZipMap (skl2onnx.to_onnx(…, options={"zipmap": False}))`,
    );
  if (weightsOutside(bytes))
    throw refuse(
      'has its weights in another file, which no digest would cover: save it in one file (onnx.save(onnx.load("model.onnx"), "whole.onnx"); MLflow: save_as_external_data=False)',
    );
  return 'onnx';
}

/** A light look, for an early word: what counts is what Python's own parser finds when the service loads it. */
function checkedPython(bytes: Buffer, refuse: Refuse): Format {
  if (!isUtf8(bytes) || bytes.includes(0)) throw refuse('is no UTF-8 text, and so no Python module: save it as that');
  const found: string[] = [];
  let current: string | undefined;
  for (const line of bytes.toString().split(/\r?\n/)) {
    if (/^(class|def|async|@)/.test(line)) current = /^class\s+(\w+)/.exec(line)?.[1];
    if (current && /^\s+def\s+predict\s*\(/.test(line) && !found.includes(current)) found.push(current);
  }
  if (found.length === 1) return 'python';
  const has = found.length === 0 ? 'no class' : `${found.length} classes (${found.join(', ')})`;
  throw refuse(
    `has ${has} with a method predict: write one class with feature_names and predict(self, features), which takes the rows as an array [N, K]`,
  );
}
