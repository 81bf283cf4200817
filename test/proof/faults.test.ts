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
