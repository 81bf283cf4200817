import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { readStored, storedFile } from '../../../generators/engine/answers/stored.ts';
import { newFolder, writeFiles } from '../../support/folder.ts';

test("other generators' answers stay, and so does what we do not know of our own", async () => {
  const folder = await newFolder();
  await writeFiles(folder, {
    [storedFile]: JSON.stringify({ other: { a: 1 }, 'generator-ds-devops': { level: 1, later: true } }),
  });
  const stored = await readStored(folder);
  expect(stored.answers?.level).toBe(1);
  expect(JSON.parse(stored.with({ level: 2 }))).toEqual({
    other: { a: 1 },
    'generator-ds-devops': { level: 2, later: true },
  });
});

test('a folder without the file, or with only others in it, is not ours yet', async () => {
  const folder = await newFolder();
  expect((await readStored(folder)).answers).toBeUndefined();
  await writeFiles(folder, { [storedFile]: '{"other": {}}' });
  expect((await readStored(folder)).answers).toBeUndefined();
});

test.each([
  ['{', /is no JSON object: restore it from git/],
  ['[]', /is no JSON object/],
  ['{"generator-ds-devops": 3}', /generator-ds-devops is no object/],
  ['{"generator-ds-devops": {"level": "2"}}', /level "2" is of the wrong type/],
  ['{"generator-ds-devops": {"level": 9}}', /"9" is not a level/],
  ['{"generator-ds-devops": {"target": "mars"}}', /"mars" is unknown/],
  ['{"generator-ds-devops": {"name": "../x"}}', /is not a valid name/],
  ['{"generator-ds-devops": {"model": "onnx", "modelSha256": "x"}}', /is no SHA-256/],
  ['{"generator-ds-devops": {"model": "skops"}}', /is no SHA-256/],
  ['{"generator-ds-devops": {"samples": "csv"}}', /samples are there, and no model/],
  [
    `{"generator-ds-devops": {"model": "onnx", "modelSha256": "${'0'.repeat(64)}", "samples": "xls"}}`,
    /samples "xls" is/,
  ],
  [`{"generator-ds-devops": {"model": "onnx", "modelSha256": "${'0'.repeat(64)}", "samples": "csv"}}`, /no SHA-256/],
  ['{"generator-ds-devops": {"model": "pickle"}}', /model "pickle" is none of example, onnx, skops/],
  ['{"generator-ds-devops": {"featureNames": [1]}}', /featureNames is no list of texts/],
])('%s is refused in one line', async (text, message) => {
  const folder = await newFolder();
  await fs.writeFile(path.join(folder, storedFile), text);
  await expect(readStored(folder)).rejects.toThrow(message);
});
