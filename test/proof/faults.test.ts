import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

const minutes = 60_000;
let repository: Repository;

beforeAll(async () => {
  repository = await Repository.at(path.join(await scratchFolder(), 'demo'));
  const { exitCode, all } = await repository.generate('--level', '6');
  if (exitCode !== 0) throw new Error(String(all));
}, 5 * minutes);

/** Runs a stage's proof with something broken, and mends it after: what failed. */
async function withFault(stage: number, file: string, plant: (file: string) => Promise<unknown>): Promise<string[]> {
  const at = path.join(repository.folder, file);
  await fs.copy(at, `${at}.good`);
  await plant(at);
  const { exitCode, output } = await repository.verify(`verify-${stage}`);
  await fs.move(`${at}.good`, at, { overwrite: true });
  expect(exitCode).toBe(1);
  return output.split('\n').filter((line) => line.startsWith('FAILED') || line.startsWith('E  '));
}

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
      expect(failed.join('\n')).toMatch(/model\/model\.onnx/);
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
      expect(failed.join('\n')).toContain('gpu_temperature_celsius');
    },
    5 * minutes,
  );
});
