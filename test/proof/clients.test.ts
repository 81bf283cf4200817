import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { elementTypes, identityOnnx, type Tensor } from '../support/onnx.ts';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithUv } from '../support/uv.ts';

const minutes = 60_000;

/** The clients as their makers publish them, each in an environment of its own. */
const clients = {
  triton: ['tritonclient[http]>=2.73,<3', 'onnxruntime>=1.32,<2'],
  kserve: ['kserve>=0.21,<0.22', 'onnxruntime>=1.32,<2'],
} as const;

/** Each type of element in a tensor of its own, and many ranks: from a single number to five dimensions. */
const shapes = [['N', 2], [], [3], ['N'], ['A', 'B', 'C'], [2, 2, 2, 1, 2], ['N', 1], [1], ['A', 4]];
const everyType = (Object.keys(elementTypes) as Tensor['type'][]).map((type, index) => ({
  input: `in_${type}`,
  output: `out_${type}`,
  type,
  shape: shapes[index % shapes.length] as Tensor['shape'],
}));

let folder: string;
const repositories = new Map<string, Repository>();

beforeAll(async () => {
  folder = await scratchFolder();
  const options = { cwd: folder, env: { PATH: await pathWithUv(), VIRTUAL_ENV: undefined } };
  for (const [name, packages] of Object.entries(clients)) {
    await execa('uv', ['venv', '--quiet', name], options);
    await execa('uv', ['pip', 'install', '--quiet', '--python', name, ...packages], options);
  }
  await fs.writeFile(path.join(folder, 'types.onnx'), identityOnnx(everyType));
  for (const [name, flags] of [
    ['example', []],
    ['types', ['--model', path.join(folder, 'types.onnx')]],
  ] as const) {
    const repository = await Repository.generated(path.join(folder, name), '--level', '0', ...flags);
    repositories.set(name, repository);
  }
}, 10 * minutes);

async function seen(client: keyof typeof clients, name: string): Promise<string[]> {
  const repository = repositories.get(name) as Repository;
  const model = path.join(repository.folder, 'model');
  const { file, version } = await fs.readJson(path.join(model, 'manifest.json'));
  return repository.served(async (url) => {
    const { all, exitCode } = await execa(
      path.join(folder, client, 'bin/python'),
      [path.resolve('test/proof/clients.py'), client, url, name, version, path.join(model, file)],
      { all: true, reject: false },
    );
    if (exitCode !== 0) throw new Error(all);
    return all.trimEnd().split('\n');
  });
}

describe.each(['example', 'types'])('the model %s', (name) => {
  test(
    "is served to NVIDIA's tritonclient as it is",
    async () => {
      expect(await seen('triton', name)).toEqual([
        'health',
        'metadata',
        'what there is none of',
        'infer with binary tensors',
        'infer with JSON',
        'outputs in binary, chosen, of the named version',
        'outputs in JSON, chosen, of the named version',
        'one output',
        'gzip both ways',
        'deflate both ways',
        'async_infer',
        'an error with its message',
        'the asyncio client',
      ]);
    },
    2 * minutes,
  );

  test(
    "is served to KServe's InferenceRESTClient as it is",
    async () => {
      expect(await seen('kserve', name)).toEqual([
        'health',
        'infer with binary tensors',
        'infer with JSON',
        'infer with a dict of nested lists',
      ]);
    },
    2 * minutes,
  );
});
