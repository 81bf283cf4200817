import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithUv } from '../support/uv.ts';

const minutes = 60_000;

// What makes the models and the rows.
const libraries = ['pandas', 'pyarrow', 'skl2onnx>=1.20,<2', 'onnxruntime', 'protobuf<7', 'xgboost-cpu>=3.2,<4'];

let folder: string;

beforeAll(async () => {
  folder = await scratchFolder();
  const options = { cwd: folder, env: { PATH: await pathWithUv(), VIRTUAL_ENV: undefined } };
  await execa('uv', ['venv', '--quiet', 'libraries'], options);
  await execa('uv', ['pip', 'install', '--quiet', '--python', 'libraries', ...libraries], options);
  await execa(path.join(folder, 'libraries/bin/python'), [path.resolve('test/proof/samples.py'), '.'], options);
}, 10 * minutes);

const handed = (file: string) => path.join(folder, file);

async function newRepository(): Promise<Repository> {
  return Repository.at(path.join(await scratchFolder(), 'demo'));
}

const cases = [
  {
    samples: 'iris.csv',
    model: 'iris.onnx',
    shuffled: 'shuffled.onnx',
    evaluation: { task: 'classification', target: 'species', rows: 75 },
    about: { slices: ['petal width (cm)'], fairness: ['sepal width (cm)'], up: 'petal length (cm)', range: [0, 10] },
    better: ({ model, baselines }: Scores) =>
      Number(model.accuracy) > 0.9 && Number(baselines.majority?.accuracy) < 0.4,
  },
  {
    samples: 'diabetes.parquet',
    model: 'diabetes.ubj',
    shuffled: 'shuffled.ubj',
    evaluation: { task: 'regression', target: 'progression', rows: 221 },
    about: { slices: ['sex', 'age'], fairness: ['sex'], up: 'bmi', range: [12, 60] },
    better: ({ model, baselines }: Scores) => Number(model.mae) < 0.85 * Number(baselines.mean?.mae),
  },
];

interface Scores {
  readonly model: Readonly<Record<string, number>>;
  readonly baselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

describe.each(cases)('$samples for $model', ({ samples, model, shuffled, evaluation, about, better }) => {
  let repository: Repository;
  const json = (file: string) => fs.readJson(path.join(repository.folder, file));

  test(
    'give it a profile, golden answers and an evaluation, and it proves itself',
    async () => {
      repository = await newRepository();
      const flags = ['--level', '2', '--model', handed(model), '--samples', handed(samples)];
      const { exitCode, all } = await repository.generate(...flags);
      expect([exitCode, all]).toEqual([0, expect.stringContaining('Asking the model about the samples')]);
      expect(await json('model/evaluation.json')).toMatchObject(evaluation);
      expect(better(await json('model/evaluation.json'))).toBe(true);
      const { cases: golden } = await json('data/golden.json');
      expect(golden).toHaveLength(20);
      await repository.served(async (url) => {
        const body = JSON.stringify({ records: golden.map(({ record }: { record: unknown }) => record) });
        expect((await fetch(`${url}/predict`, { method: 'POST', body })).status).toBe(200);
        const metrics = await (await fetch(`${url}/metrics`)).text();
        expect(metrics).toMatch(/^model_values_total\{[^}]*kind="feature"/m);
        expect(metrics).toMatch(/^model_profile_values\{/m);
      });
      const tolerances = path.join(repository.folder, 'tests/model/tolerances.toml');
      const text = (await fs.readFile(tolerances, 'utf8'))
        .replace('slices = []', `slices = ${JSON.stringify(about.slices)}`)
        .replace('fairness = []', `fairness = ${JSON.stringify(about.fairness)}`)
        .replace(/(^\[directions\].*\n)/m, `$1"${about.up}" = "up"\n`)
        .replace(/(^\[ranges\].*\n)/m, `$1"${about.up}" = ${JSON.stringify(about.range)}\n`);
      await fs.writeFile(tolerances, text);
      await repository.run('git', ['init', '--quiet']);
      const unjudged = /SKIPPED .*(test_check|test_mutant_)(?!.*(slo\.yaml))/; // whose objective is a regression's
      // The infrastructure of stage 1 knows nothing of samples.
      for (const task of ['verify-0', 'verify-2']) {
        const { output, ...figures } = await repository.verify(task);
        if (figures.exitCode !== 0) throw new Error(output);
        expect(figures.failed).toBe(0);
        expect(output).not.toMatch(/SKIPPED .*(test_samples|test_golden|test_data)/);
        expect(output).not.toMatch(unjudged);
      }
    },
    20 * minutes,
  );

  test(
    'catch a model that has learnt nothing, and go on to when its answers are accepted',
    async () => {
      const { exitCode } = await repository.generate('--model', handed(shuffled), '--skip-install');
      expect(exitCode).toBe(0);
      const before = await repository.verify('verify-2');
      expect(before.output).toMatch(/FAILED tests\/model\/test_golden\.py::test_golden_rows/);
      expect(before.output).toContain('FAILED tests/model/test_model.py::test_check[beats_the_same_to_all]');
      expect(before.exitCode).toBe(1);
      expect((await repository.poe('samples')).exitCode).toBe(0);
      const { output } = await repository.verify('verify-0');
      const failed = output.split('\n').filter((line) => line.startsWith('FAILED '));
      const labelled = 'FAILED tests/service/test_samples.py::test_labelled_rows_are_answered_better_than_by_';
      expect(failed).toContainEqual(expect.stringContaining(`${labelled}the_same_to_all`));
      for (const line of failed) expect(line).toContain(labelled);
    },
    12 * minutes,
  );
});

test(
  'rows that the model cannot take are named, the command to repeat too, and exit 5',
  async () => {
    const repository = await newRepository();
    const flags = ['--level', '0', '--model', handed('iris.onnx'), '--samples', handed('wrong.csv')];
    const { exitCode, all } = await repository.generate(...flags);
    expect([exitCode, all]).toEqual([
      5,
      expect.stringMatching(/row 5, column 'petal width \(cm\)': 'wide' is not a value(.|\n)*uv run poe samples\n?$/),
    ]);
  },
  5 * minutes,
);
