import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { parse } from 'yaml';
import { command } from '../support/command.ts';
import { Repository } from '../support/emitted.ts';
import { newFolder } from '../support/folder.ts';
import { providers, targets } from '../support/ladder.ts';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithGoTools } from '../support/uv.ts';

type Steps = readonly {
  readonly template?: string;
  readonly run?: string;
  readonly script?: string;
  readonly bash?: string;
  readonly inputs?: { readonly inlineScript?: string };
}[];
type Job = Readonly<Record<string, unknown>> & { readonly steps?: Steps };

const actionlint = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
const go = await pathWithGoTools([actionlint]);

describe('every provider has the same jobs, which call the same tasks', () => {
  test.each([
    ['local', 2, 3],
    ['local', 3, 7],
    ['kubernetes', 3, 8],
    ['aws', 3, 8],
    ['local', 5, 9],
  ])('for %s at level %d: %d jobs', async (target, level, count) => {
    const [github, gitlab, azure] = await Promise.all(
      providers.map(async (ci) => {
        const folder = await newFolder();
        expect(await command(folder, `--yes --level ${level} --target ${target} --ci ${ci}`)).toMatchObject({
          code: 0,
        });
        return jobs(folder, ci);
      }),
    );
    expect(Object.keys(github as object)).toHaveLength(count);
    // GitLab signs in a job of its own what GitHub signs where the bundle is built.
    const { provenance: _, ...others } = gitlab as Record<string, string[]>;
    expect(others).toEqual(github);
    expect(azure).toEqual(github);
  });
});

describe('the job "quality" of each target and provider', () => {
  let repository: Repository;
  beforeAll(async () => {
    repository = await Repository.at(path.join(await scratchFolder(), 'demo'), 'path' in go ? [actionlint] : []);
    await fs.mkdirp(repository.folder);
  });

  // One repository that goes through all of them by re-runs: what is installed and what mypy knows is used again.
  const pairs = targets.flatMap((target) => providers.map((ci) => [target, ci]));
  test.each(pairs)(
    '%s by %s: code, types, YAML, schemas and workflows are clean',
    async (target, ci) => {
      const { code } = await command(repository.folder, `--yes --level 2 --target ${target} --ci ${ci}`);
      expect(code).toBe(0);
      const { output, ...figures } = await repository.verify('quality');
      if (figures.exitCode !== 0) throw new Error(output);
      expect(figures.failed).toBe(0);
      expect(figures.passed).toBeGreaterThan(20);
      expect(figures.skipped).toBe(ci === 'github' && 'missing' in go ? 1 : 0);
    },
    5 * 60_000,
  );
});

/** The tasks of each job of a repository, in order. */
async function jobs(folder: string, ci: string): Promise<Record<string, string[]>> {
  const read = async (file: string) => parse(await fs.readFile(path.join(folder, file), 'utf8'));
  const files = { github: '.github/workflows', gitlab: '.gitlab/ci', azure: '.azuredevops' }[ci] as string;
  const documents = await Promise.all(
    (await fs.readdir(path.join(folder, files)))
      .filter((file) => file.endsWith('.yml'))
      .map((file) => read(`${files}/${file}`)),
  );
  const found = documents.flatMap((document): [string, Job][] => {
    if (ci === 'github') return Object.entries(document.jobs);
    if (ci === 'gitlab')
      return Object.entries<Job>(document)
        .filter(([name]) => !name.startsWith('.'))
        .map(([name, job]) => [name, { ...document[job.extends as string], ...job }]);
    if (!document.trigger) return [];
    const stages: { jobs: Job[] }[] = document.stages ?? [document];
    return stages.flatMap((stage) => stage.jobs).map((job) => [String(job.job ?? job.deployment), job]);
  });
  const entries = found.map(async ([name, job]) => [name, await tasks(job, read)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** What a job calls; `tools` fetches what the tests of one provider need, and is not counted. */
async function tasks(job: Job, read: (file: string) => Promise<{ steps: Steps }>): Promise<string[]> {
  const deployment = job.strategy as { runOnce?: { deploy: { steps: Steps } } } | undefined;
  const steps = job.steps ?? deployment?.runOnce?.deploy.steps ?? [];
  const whole = await Promise.all(
    steps.map(async (step) => (step.template ? (await read(`.azuredevops/${step.template}`)).steps : [step])),
  );
  const lines = [
    ...whole.flat().map((step) => step.run ?? step.script ?? step.bash ?? step.inputs?.inlineScript ?? ''),
    ...((job.script as string[] | undefined) ?? []),
    ...((job.after_script as string[] | undefined) ?? []),
  ];
  const called = lines.flatMap((line) => [...line.matchAll(/uv run poe ([\w-]+)/g)].map(([, task]) => task as string));
  return called.filter((task) => task !== 'tools');
}
