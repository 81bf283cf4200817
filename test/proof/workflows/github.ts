import path from 'node:path';
import fs from 'fs-extra';
import { parse } from 'yaml';
import { type Committed, type Job, read } from './committed.ts';

/** Jobs of a matrix have reports of their own: the job's name and the Python's. */
const reports = { quality: ['junit-quality'], test: ['junit-test-3.11', 'junit-test-3.13'], verify: ['junit-verify'] };

/**
 * Runs jobs of the emitted workflow for integration, two side by side.
 *
 * @param only a job and one Python of it; every job if not given.
 */
export async function github(committed: Committed, only?: { job: 'test'; python: string }): Promise<Job[]> {
  const leg = only ? [`--job=${only.job}`, `--matrix=python:${only.python}`] : [];
  const { workflow, artifacts, exitCode, output } = await act(committed, 'integrate', leg);
  const names = only ? [`junit-${only.job}-${only.python}`] : Object.keys(parse(workflow).jobs).flatMap(reportsOf);
  const jobs = names.map(async (name) => {
    const tests = await read(path.join(artifacts, name, 'junit.xml'));
    return { name: name.replace('junit-', ''), green: exitCode === 0 && tests.failed.length === 0, output, ...tests };
  });
  return Promise.all(jobs);
}

/** Runs a workflow on this machine; checkout is act's own, every other action is the folder of its name here. */
export async function act(committed: Committed, name: string, more: readonly string[]) {
  const clone = await committed.clone();
  const above = path.dirname(clone);
  // Whose repository it is, act reads from there.
  await committed.repository.run('git', ['remote', 'set-url', 'origin', 'https://github.com/example/demo.git'], {
    cwd: clone,
  });
  const file = `.github/workflows/${name}.yml`;
  const workflow = await fs.readFile(path.join(clone, file), 'utf8');
  const actions = new Set([...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action as string));
  const standIns = [...actions].filter((action) => !action.startsWith('actions/checkout@'));
  const artifacts = path.join(above, 'artifacts');
  const { exitCode, all } = await committed.repository.run(
    'act',
    [
      'push',
      `--workflows=${file}`,
      '--platform=ubuntu-latest=-self-hosted',
      '--action-offline-mode',
      '--no-cache-server',
      '--concurrent-jobs=2',
      `--action-cache-path=${above}/act`,
      `--env=STAND_IN_ARTIFACTS=${artifacts}`,
      ...standIns.map((action) => `--local-repository=${action}=${standIn(action)}`),
      ...more,
    ],
    { cwd: clone },
  );
  return { workflow, artifacts, exitCode, output: String(all) };
}

function standIn(action: string): string {
  return path.resolve('test/proof/workflows', action.split('@')[0]?.split('/')[1] as string);
}

function reportsOf(job: string): string[] {
  const found = reports[job as keyof typeof reports];
  if (!found) throw new Error(`job ${job}: nobody said what its report is called`);
  return found;
}
