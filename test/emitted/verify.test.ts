import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { manifestDigest, Repository } from '../support/emitted.ts';
import { snapshot } from '../support/folder.ts';
import { scratchFolder } from '../support/scratch.ts';

const minutes = 60_000;
let repository: Repository;

beforeAll(async () => {
  repository = await Repository.generated(path.join(await scratchFolder(), 'demo'), '--level', '2');
}, 10 * minutes);

describe('npm start -- ../demo --level 2 --yes', () => {
  test('installs and trains: the repository is ready', async () => {
    expect(await fs.pathExists(path.join(repository.folder, '.venv'))).toBe(true);
    expect(await fs.pathExists(path.join(repository.folder, 'uv.lock'))).toBe(true);
    expect(await manifestDigest(repository.folder)).toMatch(/^[0-9a-f]{64}$/);
  });

  test(
    'training again gives the same digest',
    async () => {
      const before = await manifestDigest(repository.folder);
      expect(await repository.poe('train')).toMatchObject({ exitCode: 0 });
      expect(await manifestDigest(repository.folder)).toBe(before);
    },
    2 * minutes,
  );

  test(
    "serves a single row with the model's own prediction",
    async () => {
      const row = { age: 59, sex: 2, bmi: 32.1, bp: 101, s1: 157, s2: 93.2, s3: 38, s4: 4, s5: 4.8598, s6: 87 };
      const own = `import json, numpy, onnxruntime
print(json.dumps(float(onnxruntime.InferenceSession("model/model.onnx").run(None, {"features": numpy.array([${JSON.stringify(Object.values(row))}], numpy.float32)})[0].ravel()[0])))`;
      const { stdout } = await repository.run('uv', ['run', '--quiet', 'python', '-c', own]);
      const answer = await repository.served(async (url) => {
        const body = JSON.stringify({ records: [row] });
        const response = await fetch(`${url}/predict`, {
          method: 'POST',
          body,
          headers: { 'content-type': 'application/json' },
        });
        return response.json();
      });
      expect((answer as { predictions: number[] }).predictions.flat()[0]).toBeCloseTo(Number(stdout), 3);
    },
    2 * minutes,
  );

  test(
    'proves itself: poe verify passes, and skips nothing that is not on its short list',
    async () => {
      const { output, ...figures } = await repository.verify();
      if (figures.exitCode !== 0) throw new Error(output);
      expect(figures.failed).toBe(0);
      expect(figures.passed).toBeGreaterThan(100);
    },
    12 * minutes,
  );

  test(
    'again changes nothing and does not install again',
    async () => {
      const inTree = async () => {
        const { stdout } = await repository.run('git', ['ls-files', '--others', '--exclude-standard', '-z']);
        return stdout;
      };
      await repository.run('git', ['init', '--quiet']);
      const [before, listed] = [await snapshot(path.join(repository.folder, 'src')), await inTree()];
      const { exitCode, all } = await repository.generate();
      expect({ exitCode, all }).toEqual({
        exitCode: 0,
        all: expect.not.stringMatching(/created|updated|merged|Installing|Training/),
      });
      expect([await snapshot(path.join(repository.folder, 'src')), await inTree()]).toEqual([before, listed]);
    },
    2 * minutes,
  );
});
