// The emitted CI runs on this machine, with the runner that each provider's users have for that: GitHub's by act, GitLab's
// by gitlab-ci-local's shell executor, Azure's by a small runner of ours (workflows/azure.ts), for there is no other.
//
// What is not the provider's own here, and so is not proven: the machine that a job gets (it is this one, with its uv, its
// Python and its Go, not the runner's image); fetching the repository (a clone of what is committed); astral-sh/setup-uv and
// actions/upload-artifact (workflows/*/action.yml); caches (this machine's, and none for GitLab); Azure's tasks Cache and
// PublishTestResults (the report is read from its file). That what an action or a task is given fits is up to actionlint,
// zizmor and the schemas, which the emitted `quality` job itself runs.
import os from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithGoTools, pathWithUv } from '../support/uv.ts';
import { azure } from './workflows/azure.ts';
import { Committed, type Job } from './workflows/committed.ts';
import { github } from './workflows/github.ts';
import { gitlab, runner } from './workflows/gitlab.ts';

const minutes = 60_000;
const act = await pathWithGoTools(['github.com/nektos/act@v0.2.82']);

// The Pythons that pyenv has, for uv to find: a shim of theirs is no interpreter.
const pyenv = path.join(os.homedir(), '.pyenv/versions');
const { stdout: versions } = await execa('bash', ['-c', `ls -d ${pyenv}/3.1[13].*/bin`], { reject: false });
const PATH = [
  ...('path' in act ? [act.path] : []),
  await pathWithUv(),
  ...(versions?.split('\n').filter(Boolean) ?? []),
].join(path.delimiter);
process.env.PATH = PATH;
const python = await execa('uv', ['python', 'find', '--no-python-downloads', '3.13'], { reject: false });
const lacking = python.failed && 'there is no Python 3.13';

// GitHub's jobs have just run it, and it is the same file in every repository: what is proven here is each provider's wiring.
const quicker = [
  'tests/service/test_verify.py',
  'tests/service/test_workers.py',
  'tests/service/test_train.py',
  'tests/infrastructure/test_image.py',
  'tests/functional/test_server.py::test_every_made_up_request',
  'tests/pipeline/test_code.py::test_types_hold_strictly',
];
const env = { PYTEST_ADDOPTS: quicker.map((each) => `--deselect=${each}`).join(' ') };

/** Describes what can be proven here, or skips it with the reason why it cannot. */
function whole(what: string, missing: string | false, tests: () => void): void {
  if (missing) describe.skip(`${what} (${missing})`, tests);
  else describe(what, tests);
}

/** Runs what `make` gives, two at a time as this machine has cores for it, and says how long it took. */
async function timed(what: string, make: readonly (() => Promise<Job[]>)[]): Promise<{ jobs: Job[]; seconds: number }> {
  const busy = Number(os.loadavg()[0]).toFixed(1);
  const began = performance.now();
  const queue = [...make];
  const jobs: Job[] = [];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) jobs.push(...(await next()));
  };
  await Promise.all([lane(), lane()]);
  const seconds = Math.round((performance.now() - began) / 1000);
  const figures = jobs.map(({ name, tests, failed }) => `${name} ${tests} tests, ${failed.length} failed`);
  console.info(`${what}: ${seconds} s (load before: ${busy}); ${figures.join('; ')}`);
  return { jobs, seconds };
}

function expectGreen(jobs: readonly Job[]): void {
  for (const { name, green, output, tests, failed } of jobs) {
    if (!green) throw new Error(`${name}: ${failed}\n${output}`);
    expect([name, tests]).toEqual([name, expect.any(Number)]);
    expect(tests).toBeGreaterThan(10);
  }
}

/** Red by the test that is there for the fault, and not because the model would not load. */
function expectCaught(jobs: readonly Job[]): void {
  expect(jobs).toHaveLength(1);
  for (const { green, failed, output } of jobs) {
    if (green || failed.length === 0) throw new Error(output);
    expect(failed).toContain('test_check[beats_the_same_to_all]');
    expect(failed).not.toContain('test_check[keeps_the_schema]');
  }
}

whole('the emitted GitHub workflow, run by act', 'missing' in act && act.missing, () => {
  let committed: Committed;
  beforeAll(async () => {
    committed = await Committed.at(path.join(await scratchFolder(), 'demo'), '--level', '2');
  }, 5 * minutes);

  test(
    'is green in every job, within five minutes',
    async () => {
      const loaded = Number(os.loadavg()[0]) > 1;
      const { jobs, seconds } = await timed('github', [() => github(committed)]);
      expectGreen(jobs);
      expect(jobs.map(({ name }) => name).sort()).toEqual(['quality', 'test-3.11', 'test-3.13', 'verify']);
      // Where something else runs at the same time it is that which is measured.
      if (!loaded) expect(seconds).toBeLessThan(300);
      const standIns = jobs[0]?.output.matchAll(/\| (stand-in for [^$\n]+)$/gm) ?? [];
      console.info([...new Set([...standIns].map(([, said]) => said))].join('\n'));
    },
    15 * minutes,
  );

  test(
    'is red when a model that learned nothing is in the place of the good one',
    async () => {
      await committed.spoil();
      const { jobs } = await timed('github, spoilt', [() => github(committed, { job: 'test', python: '3.11' })]);
      expectCaught(jobs);
    },
    10 * minutes,
  );
});

whole('the emitted GitLab pipeline, run by gitlab-ci-local', lacking || ('missing' in runner && runner.missing), () => {
  let committed: Committed;
  beforeAll(async () => {
    committed = await Committed.at(path.join(await scratchFolder(), 'demo'), '--level', '2', '--ci', 'gitlab');
  }, 5 * minutes);

  test(
    'is green in every job',
    async () => {
      const each = ['verify', 'quality', 'test: [3.11]', 'test: [3.13]'];
      const { jobs } = await timed(
        'gitlab',
        each.map((job) => async () => [await gitlab(committed, job, env)]),
      );
      expectGreen(jobs);
    },
    10 * minutes,
  );

  test(
    'is red when a model that learned nothing is in the place of the good one',
    async () => {
      await committed.spoil();
      const { jobs } = await timed('gitlab, spoilt', [async () => [await gitlab(committed, 'test: [3.11]', env)]]);
      expectCaught(jobs);
    },
    5 * minutes,
  );
});

whole('the emitted Azure pipeline, run step by step', lacking, () => {
  let committed: Committed;
  beforeAll(async () => {
    committed = await Committed.at(path.join(await scratchFolder(), 'demo'), '--level', '2', '--ci', 'azure');
  }, 5 * minutes);

  test(
    'is green in every job',
    async () => {
      const each: [string, string?][] = [['verify'], ['quality'], ['test', 'python311'], ['test', 'python313']];
      const { jobs } = await timed(
        'azure',
        each.map(([job, leg]) => async () => [await azure(committed, job, leg, env)]),
      );
      expectGreen(jobs);
    },
    10 * minutes,
  );

  test(
    'is red when a model that learned nothing is in the place of the good one',
    async () => {
      await committed.spoil();
      const { jobs } = await timed('azure, spoilt', [async () => [await azure(committed, 'test', 'python311', env)]]);
      expectCaught(jobs);
    },
    5 * minutes,
  );
});
