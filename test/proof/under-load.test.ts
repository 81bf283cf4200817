import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

const minutes = 60_000;
const repositories = new Map<string, Repository>();

/** Slow enough that requests wait and are predicted together; it fails for whole batches. */
const slow = `
import time


class Sum:
    """Of two columns; it takes 20 ms, and fails where a is negative."""

    feature_names = ["a", "b"]

    def predict(self, features):
        time.sleep(0.02)
        if (features[:, 0] < 0).any():
            raise ValueError("private7f3a9c")
        return features[:, 0] + features[:, 1]
`;

beforeAll(async () => {
  const folder = await scratchFolder();
  await fs.writeFile(path.join(folder, 'model.py'), slow);
  for (const [name, flags] of [
    ['example', []],
    ['slow', ['--model', path.join(folder, 'model.py')]],
  ] as const) {
    const repository = await Repository.generated(path.join(folder, name), '--level', '0', ...flags);
    repositories.set(name, repository);
  }
}, 10 * minutes);

interface Seen {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly before: number;
}

async function under(name: string, part: 'sigterm' | 'faults', drainSeconds: number, workers = 1): Promise<Seen> {
  const repository = repositories.get(name) as Repository;
  const script = path.resolve('test/proof/under-load.py');
  const flags = [script, '.', name, part, String(drainSeconds)];
  const { stdout, stderr, exitCode } = await repository.run('.venv/bin/python', flags, {
    env: { WORKERS: String(workers) },
  });
  if (exitCode !== 0) throw new Error(String(stderr));
  console.log(`${name}, ${part}, DRAIN_SECONDS ${drainSeconds}, WORKERS ${workers}: ${stdout}`);
  return JSON.parse(String(stdout));
}

const clean = { readButUnanswered: [], answeredButNotLogged: [], private: 0, tracebacks: 0, lastEvent: 'stopped' };

describe.each(['example', 'slow'])('SIGTERM while 64 clients ask the model %s without a pause', (name) => {
  test(
    'drops nothing that was accepted, and ends each connection with an answer that says so',
    async () => {
      const seen = await under(name, 'sigterm', 0);
      const { right = 0, 'not accepted': refused = 0, ...others } = seen.outcomes;
      expect(seen).toMatchObject({ ...clean, exitCode: 0 });
      expect(others).toEqual({});
      expect(refused).toBe(64);
      expect(right).toBeGreaterThan(1000);
    },
    2 * minutes,
  );

  test(
    'drops nothing at all where the load balancer has DRAIN_SECONDS to leave',
    async () => {
      const seen = await under(name, 'sigterm', 1);
      expect(seen).toMatchObject({ ...clean, exitCode: 0 });
      expect(seen.outcomes).toEqual({ right: expect.any(Number) });
      expect(seen.outcomes.right).toBeGreaterThan(1000);
    },
    2 * minutes,
  );
});

test(
  'two workers drop nothing either, and none of them answers before it has its model',
  async () => {
    const seen = await under('example', 'sigterm', 1, 2);
    expect(seen).toMatchObject({ ...clean, exitCode: 0 });
    expect(seen.outcomes).toEqual({ right: expect.any(Number) });
  },
  2 * minutes,
);

test(
  'a model that raises for some rows fails for these alone, without details, and the others of their batches are right',
  async () => {
    const seen = await under('slow', 'faults', 0);
    const { right = 0, 'failed without details': failed = 0, ...others } = seen.outcomes;
    expect(others).toEqual({});
    expect(seen).toMatchObject({ ...clean, failures: failed, ready: 200 });
    expect(failed).toBeGreaterThan(20);
    expect(right).toBeGreaterThan(3 * failed);
  },
  2 * minutes,
);
