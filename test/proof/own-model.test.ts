import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { identityOnnx } from '../support/onnx.ts';
import { scratchFolder } from '../support/scratch.ts';

const minutes = 60_000;
let repository: Repository;

const model = identityOnnx([
  { input: 'amount', output: 'amount_out', type: 'double', shape: ['N', 2] },
  { input: 'count', output: 'count_out', type: 'int64', shape: ['N', 1] },
  { input: 'member', output: 'member_out', type: 'bool', shape: ['N', 1] },
  { input: 'word', output: 'word_out', type: 'string', shape: ['N', 1] },
]);

beforeAll(async () => {
  const folder = await scratchFolder();
  await fs.writeFile(path.join(folder, 'mine.onnx'), model);
  repository = await Repository.generated(
    path.join(folder, 'demo'),
    '--level',
    '6',
    '--model',
    path.join(folder, 'mine.onnx'),
  );
}, 5 * minutes);

describe("a user's own model with several inputs and outputs of several types", () => {
  test(
    'is served with the names, types and shapes that it has itself',
    async () => {
      const tensors = [
        { name: 'amount', datatype: 'FP64', shape: [2, 2], data: [1.5, 2.5, 3.5, 4.5] },
        { name: 'count', datatype: 'INT64', shape: [2, 1], data: [7, 8] },
        { name: 'member', datatype: 'BOOL', shape: [2, 1], data: [true, false] },
        { name: 'word', datatype: 'BYTES', shape: [2, 1], data: ['one', 'zwei'] },
      ];
      await repository.served(async (url) => {
        const metadata = await (await fetch(`${url}/v2/models/demo`)).json();
        expect(metadata).toMatchObject({
          inputs: [
            { name: 'amount', datatype: 'FP64', shape: [-1, 2] },
            { name: 'count', datatype: 'INT64', shape: [-1, 1] },
            { name: 'member', datatype: 'BOOL', shape: [-1, 1] },
            { name: 'word', datatype: 'BYTES', shape: [-1, 1] },
          ],
        });
        const response = await fetch(`${url}/v2/models/demo/infer`, {
          method: 'POST',
          body: JSON.stringify({ inputs: tensors }),
        });
        expect(await response.json()).toMatchObject({
          outputs: tensors.map((tensor) => ({ ...tensor, name: `${tensor.name}_out` })),
        });
      });
    },
    2 * minutes,
  );

  test(
    'proves itself without labels or training data',
    async () => {
      await repository.run('git', ['init', '--quiet']);
      const { output, ...figures } = await repository.verify();
      if (figures.exitCode !== 0) throw new Error(output);
      expect(figures.failed).toBe(0);
    },
    20 * minutes,
  );
});
