import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { readModel, tooLargeForGit } from '../../../generators/engine/model/model.ts';
import { newFolder, writeFiles } from '../../support/folder.ts';
import { modelsByFormat } from '../../support/models.ts';
import { identityOnnx } from '../../support/onnx.ts';
import { zip } from '../../support/zip.ts';

const [skops, xgboost, python] = [
  modelsByFormat.skops.bytes,
  modelsByFormat.xgboost.bytes,
  modelsByFormat.python.bytes,
];

async function reading(name: string, bytes: Buffer) {
  const folder = await newFolder();
  await writeFiles(folder, { [name]: bytes });
  return readModel(path.join(folder, name), folder);
}

test.each([
  ['onnx', 'm.onnx', identityOnnx()],
  ['onnx', 'model', identityOnnx()],
  ['skops', 'm.skops', skops],
  ['skops', 'm.zip', zip({ 'schema.json': '{}' }, 'a comment at its end')],
  ['xgboost', 'm.ubj', xgboost],
  ['xgboost', 'm.model', xgboost],
  ['python', 'm.py', python],
  [
    'python',
    'm.py',
    Buffer.from('class A:\n    """Words.\n\nMore.\n    """\n\n    def predict(self, x):\n        return x\n'),
  ],
])('%s is told by what is in %s', async (format, name, bytes) => {
  const { model, modelSha256, modelContent, featureNames } = await reading(name, bytes);
  expect([model, modelContent, featureNames]).toEqual([format, bytes, undefined]);
  expect(modelSha256).toMatch(/^[0-9a-f]{64}$/);
});

const runs = /pickle, and loading one runs whatever code is in it/;

test.each([
  ['a pickle', 'm.pkl', Buffer.from([0x80, 4]), runs],
  ['a joblib file', 'm.JOBLIB', Buffer.from('x'), runs],
  ['a file of dill', 'm.dill', Buffer.from('x'), runs],
  ['a checkpoint of PyTorch', 'm.pt', Buffer.from('x'), /is a pickle.*: export it to ONNX \(torch\.onnx\.export\)/],
  ['a pickle of another name', 'm.onnx', Buffer.from([0x80, 5, 0x95]), /holds a pickle.*skops\.io\.dump/],
  [
    'a checkpoint of another name',
    'm.skops',
    zip({ 'm/data.pkl': '', 'm/version': '3' }),
    /holds a pickle.*torch\.onnx/,
  ],
  ['text that is called .onnx', 'm.onnx', Buffer.from('hello, world'), /is no model that can be served, whatever its/],
  ['an empty file', 'm.onnx', Buffer.alloc(0), /is no model that can be served/],
  ['a cut-off model', 'm.onnx', identityOnnx().subarray(0, -3), /is no model that can be served/],
  [
    'a zip of something else',
    'm.zip',
    zip({ 'a.txt': 'x' }),
    /served: give ONNX, skops, XGBoost \(\.ubj\), a Python class/,
  ],
  ['a cut-off zip', 'm.skops', skops.subarray(0, -9), /is no model that can be served, whatever its name says/],
  ['weights outside', 'm.onnx', identityOnnx(undefined, true), /has its weights in another file, .*whole\.onnx/],
  ["XGBoost's JSON", 'm.json', Buffer.from('{"learner":{}}'), /save it again with booster\.save_model\("model\.ubj"\)/],
  ["XGBoost's old format", 'm.bin', Buffer.from('binf\0\0'), /save it again with booster\.save_model\("model\.ubj"\)/],
  [
    'Python without a class',
    'm.py',
    Buffer.from('def predict(x): pass\n'),
    /has no class with a method predict: write one/,
  ],
  [
    'Python with two',
    'm.py',
    Buffer.concat([python, Buffer.from('class B:\n  def predict(self): 1\n')]),
    /2 classes \(Mine, B\)/,
  ],
  ['bytes called Python', 'm.py', Buffer.from([0xff, 0xfe]), /is no UTF-8 text/],
])('%s is refused with the way to convert it', async (_, name, bytes, message) => {
  await expect(reading(name, bytes)).rejects.toThrow(message);
});

test('a file that is not there, and a folder without MLmodel, are named as they were typed', async () => {
  const folder = await newFolder();
  await expect(readModel('nope.onnx', folder)).rejects.toThrow('--model "nope.onnx" cannot be read (ENOENT)');
  await expect(readModel('.', folder)).rejects.toThrow('--model "." is a folder without the file MLmodel');
});

test('an output that no inference protocol can carry is named, with the way to export it again', async () => {
  const tensor = { type: 'float', shape: ['N', 2] } as const;
  const zipMap = identityOnnx([
    { input: 'x', output: 'label', ...tensor },
    { input: 'x2', output: 'probabilities', ...tensor, sequence: true },
  ]);
  await expect(reading('m.onnx', zipMap)).rejects.toThrow(
    /m\.onnx" has the output "probabilities", which is no tensor: export it again without ZipMap/,
  );
});

test('a model that git hosts would not take gets a hint', () => {
  expect(tooLargeForGit('model/model.onnx', Buffer.alloc(50 * 2 ** 20))).toBeUndefined();
  expect(tooLargeForGit('model/model.onnx', Buffer.alloc(51 * 2 ** 20))).toBe(
    'model/model.onnx has 51 MiB, and GitHub warns of files above 50 MiB: before you commit it, git lfs track model/model.onnx',
  );
  expect(tooLargeForGit('model/model.ubj', Buffer.alloc(101 * 2 ** 20))).toContain('refuses files above 100 MiB');
});

describe("MLflow's folder", () => {
  const columns = JSON.stringify([
    { type: 'double', name: 'a b', required: true },
    { type: 'long', name: 'c', required: true },
  ]);
  const mlmodel = (flavors: object, inputs = columns) => JSON.stringify({ flavors, signature: { inputs } });

  async function unwrapped(files: Record<string, string | Buffer>) {
    const folder = await newFolder();
    await writeFiles(folder, files);
    return readModel('.', folder);
  }

  test.each([
    ['onnx', { onnx: { data: 'm.bin' }, python_function: {} }, identityOnnx()],
    ['skops', { sklearn: { pickled_model: 'm.bin', serialization_format: 'skops' } }, skops],
    ['xgboost', { xgboost: { data: 'm.bin', model_format: 'ubj' } }, xgboost],
  ])('%s is taken out of it, with the names of the signature', async (format, flavors, bytes) => {
    expect(await unwrapped({ MLmodel: mlmodel(flavors), 'm.bin': bytes })).toMatchObject({
      model: format,
      modelContent: bytes,
      featureNames: ['a b', 'c'],
    });
  });

  test.each([
    ['tensors', JSON.stringify([{ type: 'tensor', name: 'a', 'tensor-spec': {} }])],
    ['a column without a name', JSON.stringify([{ type: 'double', name: 'a' }, { type: 'double' }])],
    ['the same name twice', JSON.stringify([{ name: 'a' }, { name: 'a' }])],
    ['no JSON', '['],
  ])('a signature of %s names no columns', async (_, inputs) => {
    const files = { MLmodel: mlmodel({ onnx: { data: 'm.bin' } }, inputs), 'm.bin': identityOnnx() };
    expect((await unwrapped(files)).featureNames).toBeUndefined();
  });

  test.each([
    [
      'a pickle',
      { sklearn: { pickled_model: 'model.pkl', serialization_format: 'cloudpickle' } },
      /serialization_format="skops"/,
    ],
    [
      'what says skops and is a pickle',
      { sklearn: { pickled_model: 'model.pkl', serialization_format: 'skops' } },
      runs,
    ],
    ['a pickle of another name', { onnx: { data: 'pickled' } }, runs],
    ['a Python model', { python_function: { loader_module: 'mlflow.pyfunc.model' } }, /--model FILE\.py/],
    ['another library', { lightgbm: {}, python_function: {} }, /flavor lightgbm.*mlflow\.onnx\.save_model/],
    ["XGBoost's JSON", { xgboost: { data: 'model.json', model_format: 'json' } }, /model_format="ubj"/],
    ['a path above', { onnx: { data: '../m.onnx' } }, /"\.\.\/m\.onnx" leads out of the folder/],
    ['a path of Windows above', { onnx: { data: 'a\\..\\..\\m.onnx' } }, /leads out of the folder/],
    ['an absolute path', { onnx: { data: '/etc/passwd' } }, /leads out of the folder/],
    ['a link out of it', { onnx: { data: 'link' } }, /leads out of the folder/],
    ['a folder in it', { onnx: { data: 'sub' } }, /"sub" is no file/],
    ['a file that is missing', { onnx: { data: 'nope' } }, /"nope" cannot be read \(ENOENT\)/],
    ['no path', { onnx: { data: ['x'] } }, /does not name the model's file/],
    ['no flavors', [], /names no flavors|is of the flavor/],
  ])('%s in it is refused in one line', async (_, flavors, message) => {
    const folder = await newFolder();
    const pickle = Buffer.from([0x80, 4, 0x95]);
    await writeFiles(folder, { MLmodel: mlmodel(flavors), 'model.pkl': pickle, pickled: pickle, 'sub/x': '' });
    await writeFiles(path.dirname(folder), { 'm.onnx': identityOnnx() });
    await fs.symlink(path.join('..', 'm.onnx'), path.join(folder, 'link'));
    const refusal = await readModel('.', folder).catch((error: Error) => error.message);
    expect(refusal).toMatch(message);
    expect(refusal).not.toContain('\n');
  });

  test.each([
    ['no YAML', 'a: [', /is no valid YAML/],
    ['aliases', 'a: &a [1]\nflavors: {onnx: {data: *a}}', /is no valid YAML|does not name/],
    ['no object', 'hello', /names no flavors/],
    ['too long', `${'#'.repeat(2 ** 20)}\n`, /has more than 1 MiB/],
  ])('an MLmodel that is %s is refused', async (_, text, message) => {
    await expect(unwrapped({ MLmodel: text })).rejects.toThrow(message);
  });

  test('an MLmodel that is a link out of it is refused', async () => {
    const folder = await newFolder();
    await writeFiles(path.dirname(folder), { MLmodel: mlmodel({ onnx: { data: 'm.onnx' } }) });
    await fs.ensureDir(folder);
    await fs.symlink(path.join('..', 'MLmodel'), path.join(folder, 'MLmodel'));
    await expect(readModel('.', folder)).rejects.toThrow(/"MLmodel" leads out of the folder/);
  });
});
