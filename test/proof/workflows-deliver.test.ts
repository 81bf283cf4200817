// The emitted workflow for deliveries, run by act on this machine: the bundle goes from job to job by its digest and serves
// in the environments that nobody has to approve. What stands in for GitHub is said in workflows.test.ts; environments with
// their approvals are GitHub's own, so the one for prod is seen here only as not begun.
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithGoTools } from '../support/uv.ts';
import { Committed } from './workflows/committed.ts';
import { act } from './workflows/github.ts';

const minutes = 60_000;
const tool = await pathWithGoTools(['github.com/nektos/act@v0.2.82']);
const missing = 'missing' in tool && tool.missing;
let committed: Committed;
let places: string;

beforeAll(async () => {
  if (missing) return;
  process.env.PATH = `${'path' in tool ? tool.path : ''}${path.delimiter}${process.env.PATH}`;
  const folder = await scratchFolder();
  places = path.join(folder, 'places');
  committed = await Committed.at(path.join(folder, 'demo'), '--level', '3');
}, 5 * minutes);

/** Ends what was delivered; the folder that knows of it is still there. */
async function stop(): Promise<void> {
  for (const place of ['dev', 'staging']) {
    const stopped = await committed.repository.poe('deliver', '--stop', '--to', place, '--folder', places);
    if (stopped.failed) throw new Error(String(stopped.all));
  }
}

(missing ? test.skip : test)(
  `what is on main is delivered to dev and staging by one digest, and to prod not before somebody approves${missing ? ` (${missing})` : ''}`,
  async () => {
    try {
      const began = performance.now();
      // The tests of the delivery are run by other proofs; here it is delivered.
      const env = ['--env=PYTEST_ADDOPTS=--deselect=tests/delivery/test_deliver.py', `--var=DELIVERY_FOLDER=${places}`];
      const { exitCode, output, artifacts } = await act(committed, 'deliver', env);
      if (exitCode !== 0) throw new Error(output);
      console.info(`deliver by act: ${Math.round((performance.now() - began) / 1000)} s`);
      const serving = async (place: string) => (await fs.readJson(path.join(places, `${place}.json`))).serving;
      const { digest } = await serving('dev');
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
      expect(await serving('staging')).toMatchObject({ digest });
      expect(await fs.pathExists(path.join(places, 'prod.json'))).toBe(false);
      expect(await fs.pathExists(path.join(artifacts, 'bundle'))).toBe(true);
      for (const port of [8081, 8082]) {
        const ready = await fetch(`http://127.0.0.1:${port}/v2/health/ready`);
        expect([port, ready.status]).toEqual([port, 200]);
      }
    } finally {
      await stop();
    }
    await expect(fetch('http://127.0.0.1:8081/v2/health/ready')).rejects.toThrow();
  },
  15 * minutes,
);
