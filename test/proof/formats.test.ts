import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithUv } from '../support/uv.ts';

const minutes = 60_000;

// What makes the models; the emitted repositories have none of MLflow.
const libraries = [
  'mlflow>=3.17,<4',
  'skops>=0.16,<0.17',
  'xgboost-cpu>=3.2,<4',
  'skl2onnx>=1.20,<2',
  'onnxruntime',
  'protobuf<7',
];

interface Expected {
  readonly path: string;
  readonly records: readonly Readonly<Record<string, number>>[];
  readonly predictions: readonly unknown[];
}

let folder: string;
let expected: Readonly<Record<string, Expected>>;

beforeAll(async () => {
  folder = await scratchFolder();
  const options = { cwd: folder, env: { PATH: await pathWithUv(), VIRTUAL_ENV: undefined } };
  await execa('uv', ['venv', '--quiet', 'libraries'], options);
  await execa('uv', ['pip', 'install', '--quiet', '--python', 'libraries', ...libraries], options);
  await execa(path.join(folder, 'libraries/bin/python'), [path.resolve('test/proof/formats.py'), '.'], options);
  expected = await fs.readJson(path.join(folder, 'expected.json'));
}, 10 * minutes);

async function repositoryOf(model: string, level: number): Promise<Repository> {
  const flags = ['--level', String(level), '--model', path.join(folder, model)];
  return Repository.generated(path.join(await scratchFolder(), 'demo'), ...flags);
}

/** Numbers close to each other, and all else the same. */
function close(value: unknown): unknown {
  if (typeof value === 'number') return expect.closeTo(value, 5);
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, close(each)]));
}

async function proves(repository: Repository, task: string): Promise<void> {
  const { output, ...figures } = await repository.verify(task);
  if (figures.exitCode !== 0) throw new Error(output);
  expect(figures.failed).toBe(0);
  expect(figures.passed).toBeGreaterThan(100);
}

/** Asks a repository's service for what the library that made the model has predicted. */
async function servesWhatIsExpected(repository: Repository, name: string): Promise<void> {
  const { records, predictions } = expected[name] as Expected;
  await repository.served(async (url) => {
    const response = await fetch(`${url}/predict`, { method: 'POST', body: JSON.stringify({ records }) });
    expect([response.status, await response.json()]).toEqual([
      200,
      { model: expect.objectContaining({ name: 'demo' }), predictions: close(predictions) },
    ]);
  });
}

test.each(['xgboost', 'python'])(
  '%s is served with what its own library predicts, and proves itself',
  async (name) => {
    const repository = await repositoryOf((expected[name] as Expected).path, 0);
    await servesWhatIsExpected(repository, name);
    await proves(repository, 'verify-0');
  },
  15 * minutes,
);

test(
  'skops is served with what scikit-learn predicts, and proves itself up to its delivery',
  async () => {
    const repository = await repositoryOf('model.skops', 3);
    await servesWhatIsExpected(repository, 'skops');
    await repository.run('git', ['init', '--quiet']);
    await proves(repository, 'verify');
  },
  25 * minutes,
);

// What MLflow has saved becomes one of the formats above, which are proven there: here, what depends on the model is.
test.each(["MLflow's sklearn", "MLflow's xgboost", "MLflow's onnx"])(
  '%s is served with what its own library predicts, its names and shapes as the service tells them',
  async (name) => {
    const repository = await repositoryOf((expected[name] as Expected).path, 0);
    await servesWhatIsExpected(repository, name);
    const files = ['infer', 'model_files', 'slo'].map((each) => `tests/service/test_${each}.py`);
    const { all, exitCode } = await repository.poe('test', '-q', ...files);
    expect([exitCode, all]).toEqual([0, expect.stringMatching(/\n\d\d+ passed/)]);
  },
  5 * minutes,
);

test.each([
  ['flow-python', /Python model, as a pickle.*--model FILE\.py/],
  ['flow-pickle', /serialization_format="skops"/],
  ['flow-pickle/model.pkl', /is a pickle.*skops\.io\.dump/],
])('%s is refused with the way to save it otherwise', async (model, message) => {
  await expect(repositoryOf(model, 0)).rejects.toThrow(message);
});
