import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

const minutes = 60_000;
let repository: Repository;

beforeAll(async () => {
  repository = await Repository.generated(path.join(await scratchFolder(), 'demo'), '--level', '6');
}, 5 * minutes);

/** Runs a stage's proof with something in a file or folder broken, and mends it after: what the proof said. */
async function withFault(stage: number, place: string, plant: (place: string) => Promise<unknown>): Promise<string> {
  const at = path.join(repository.folder, place);
  const good = path.join(path.dirname(repository.folder), 'good');
  await fs.copy(at, good);
  await plant(at);
  const { exitCode, output, failed } = await repository.verify(`verify-${stage}`);
  await fs.remove(at);
  await fs.move(good, at);
  expect([exitCode, failed > 0, output]).toEqual([1, true, expect.any(String)]);
  return output;
}

/** Puts one of the repository's own planted bad models in the place of the model. */
const mutant = (name: string) => async (folder: string) => {
  const planted = await repository.run('uv', ['run', '--quiet', 'python', '-m', 'tests.mutants.planted', name, folder]);
  expect(planted).toMatchObject({ exitCode: 0 });
};

describe('a fault planted in the repository makes the proof of its stage fail, and say which', () => {
  test(
    '3: a changed byte in the bundle',
    async () => {
      expect(await repository.poe('bundle')).toMatchObject({ exitCode: 0 });
      const failed = await withFault(3, 'dist/bundle/model/model.onnx', async (file) => {
        const bytes = await fs.readFile(file);
        bytes[100] = (bytes[100] as number) ^ 1;
        await fs.writeFile(file, bytes);
      });
      expect(failed).toMatch(/FAILED tests\/delivery/);
      expect(failed).toContain('model/model.onnx');
    },
    5 * minutes,
  );

  test(
    '4: a bad release',
    async () => {
      const failed = await withFault(4, 'model', mutant('biased'));
      expect(failed).toMatch(/FAILED tests\/release/);
      expect(failed).toMatch(/has_no_bias/);
    },
    5 * minutes,
  );

  test(
    '5: an alert on a metric that does not exist',
    async () => {
      const failed = await withFault(5, 'monitoring/rules.yaml', (file) =>
        fs.appendFile(
          file,
          '  - name: planted\n    rules:\n      - alert: Planted\n        expr: gpu_temperature_celsius > 90\n',
        ),
      );
      expect(failed).toContain('there is no gpu_temperature_celsius');
    },
    5 * minutes,
  );

  test(
    '6: a slow model',
    async () => {
      const failed = await withFault(6, 'model', mutant('slow'));
      expect(failed).toMatch(/FAILED tests\/scale/);
      expect(failed).toMatch(/latency\.p99_ms/);
    },
    5 * minutes,
  );
});

test(
  'a shift planted in what the service is asked becomes a retrained model on a branch, and no branch if the model is bad',
  async () => {
    const remote = path.join(path.dirname(repository.folder), 'remote.git');
    const who = ['-c', 'user.name=me', '-c', 'user.email=me@example.com'];
    const git = async (...args: string[]) => {
      const { exitCode, all } = await repository.run('git', [...who, ...args]);
      if (exitCode !== 0) throw new Error(String(all));
      return String(all);
    };
    const trainedWith = async (penalty: string) => {
      const file = path.join(repository.folder, 'src/demo/train.py');
      await fs.writeFile(file, (await fs.readFile(file, 'utf8')).replace(/SVR\(C=[\d.e-]+/, `SVR(C=${penalty}`));
      await git('commit', '--quiet', '--all', '--message', `trained with ${penalty}`);
      await git('push', '--quiet', 'origin', 'main');
    };
    await git('init', '--quiet', '--initial-branch=main');
    await git('init', '--quiet', '--bare', remote);
    await git('remote', 'add', 'origin', remote);
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'first');
    await repository.served(async (url) => {
      await trainedWith('1e-6'); // answers everybody with nearly the same
      const asked = await fetch(`${url}/predict`, { method: 'POST', body: JSON.stringify(await moved(repository)) });
      expect(asked.status).toBe(200);
      const bad = await repository.poe('retrain', '--url', url);
      expect(bad).toMatchObject({ exitCode: 1, all: expect.stringMatching(/refused: gate (checks|tests): /) });
      expect(await repository.poe('propose')).toMatchObject({ exitCode: 1 });
      expect(await git('ls-remote', '--heads', remote)).not.toContain('retrain');
      await trainedWith('80');
      expect(await repository.poe('retrain', '--url', url)).toMatchObject({ exitCode: 0 });
    });
    expect(await git('status', '--porcelain')).toBe('');
    expect(await repository.poe('propose')).toMatchObject({ exitCode: 0 });
    expect(await repository.poe('propose')).toMatchObject({ all: expect.stringContaining('proposed already') });
    await git('fetch', '--quiet', 'origin');
    const changed = (await git('diff', '--name-only', 'origin/main', 'origin/retrain/drift')).split('\n');
    expect(changed).toEqual(
      expect.arrayContaining(['model/manifest.json', 'model/model.onnx', 'monitoring/retraining/report.md']),
    );
    expect(
      changed.filter((file) => !/^(model|monitoring\/retraining)\/|^tests\/model\/golden.json$/.test(file)),
    ).toEqual([]);
    expect(await git('log', '--format=%s', 'origin/main..origin/retrain/drift')).toMatch(/^Retrain: bmi.* moved$/);
  },
  5 * minutes,
);

/** Records spread as those in training, but for one feature, which is at its largest. */
async function moved({ folder }: Repository): Promise<{ records: Record<string, number>[] }> {
  type Column = { name: string; min: number; max: number; edges: number[]; counts: number[] };
  const { features }: { features: Column[] } = await fs.readJson(path.join(folder, 'model/profile.json'));
  const rows = features.map(({ name, min, max, edges, counts }) => {
    const sides = [min, ...edges, max];
    const values = counts.flatMap((count, bin) =>
      new Array<number>(count).fill(((sides[bin] as number) + (sides[bin + 1] as number)) / 2),
    );
    return { name, values: name === 'bmi' ? values.map(() => max) : values };
  });
  const records = Array.from({ length: 900 }, (_, row) =>
    Object.fromEntries(rows.map(({ name, values }) => [name, values[(row * 7) % values.length] as number])),
  );
  return { records };
}
