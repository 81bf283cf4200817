import path from 'node:path';
import { expect, test } from '@jest/globals';
import { readModel } from '../../generators/engine/model.ts';
import { newFolder, writeFiles } from '../support/folder.ts';
import { identityOnnx } from '../support/onnx.ts';

test('an ONNX file is read with its digest', async () => {
  const folder = await newFolder();
  await writeFiles(folder, { 'm.onnx': identityOnnx() });
  const { model, modelSha256, modelContent } = await readModel('m.onnx', folder);
  expect(model).toBe('onnx');
  expect(modelSha256).toMatch(/^[0-9a-f]{64}$/);
  expect(modelContent).toEqual(identityOnnx());
});

test.each([
  ['a pickle', 'm.pkl', Buffer.from([0x80, 4]), /is a pickle, and loading one runs whatever code/],
  ['text that is called .onnx', 'm.onnx', Buffer.from('hello, world'), /is no ONNX model, whatever its name says/],
  ['an empty file', 'm.onnx', Buffer.alloc(0), /is no ONNX model/],
  ['a cut-off model', 'm.onnx', identityOnnx().subarray(0, -3), /is no ONNX model/],
])('%s is refused with the way to convert it', async (_, name, bytes, message) => {
  const folder = await newFolder();
  await writeFiles(folder, { [name]: bytes });
  await expect(readModel(path.join(folder, name), folder)).rejects.toThrow(message);
});

test('a file that is not there, and a folder, are named as they were typed', async () => {
  const folder = await newFolder();
  await expect(readModel('nope.onnx', folder)).rejects.toThrow('--model "nope.onnx" cannot be read (ENOENT)');
  await expect(readModel('.', folder)).rejects.toThrow('--model "." is a folder');
});

test('an output that no inference protocol can carry is named, with the way to export it again', async () => {
  const folder = await newFolder();
  const tensor = { type: 'float', shape: ['N', 2] } as const;
  const zipMap = identityOnnx([
    { input: 'x', output: 'label', ...tensor },
    { input: 'x2', output: 'probabilities', ...tensor, sequence: true },
  ]);
  await writeFiles(folder, { 'm.onnx': zipMap });
  await expect(readModel('m.onnx', folder)).rejects.toThrow(
    /--model "m.onnx" has the output "probabilities", which is no tensor: export it again without ZipMap/,
  );
});
