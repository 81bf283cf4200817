import path from 'node:path';
import { npmPackage } from '../../support/npm-package.ts';
import { type Committed, type Job, read } from './committed.ts';

/** gitlab-ci-local, which brings all that it needs. */
export const runner = await npmPackage({
  name: 'gitlab-ci-local',
  version: '4.75.1',
  integrity: 'sha512-ArmGX576uKqTgs4PMCH3FNPED+JhxDLb2Ocb893+aY88RA2sx9gP6L7GvpuHQJkFJRvA5KSq9fD0yyRLaLEydw==',
});

/** Runs one job of the emitted pipeline by gitlab-ci-local's shell executor: the image is this machine. */
export async function gitlab(committed: Committed, job: string, env: Record<string, string> = {}): Promise<Job> {
  if ('missing' in runner) throw new Error(runner.missing);
  const clone = await committed.clone();
  const { exitCode, all } = await committed.repository.run(
    process.execPath,
    [
      path.join(runner.folder, 'dist/index.js'),
      '--force-shell-executor',
      `--home=${path.dirname(clone)}`,
      ...Object.entries(env).map(([name, value]) => `--variable=${name}=${value}`),
      '--no-color',
      job,
    ],
    // Behind a real one: what it copies is for containers.
    { cwd: clone, env: { PATH: `${committed.repository.env.PATH}:${path.resolve('test/proof/workflows/no-rsync')}` } },
  );
  const tests = await read(path.join(clone, 'reports/junit.xml'));
  return { name: job, green: exitCode === 0, output: String(all), ...tests };
}
