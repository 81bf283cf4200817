import path from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { parseAllDocuments } from 'yaml';
import { command } from '../support/command.ts';
import { Repository } from '../support/emitted.ts';
import { inferenceServices } from '../support/kserve.ts';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithGoTools, pathWithUv } from '../support/uv.ts';

const minutes = 60_000;
const actionlint = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';

test(
  'a repository with the example of a company pack proves itself, and is held to the company’s rules',
  async () => {
    const repository = await Repository.at(path.join(await scratchFolder(), 'demo'), [actionlint]);
    const pack = ['--pack', 'examples/acme', '--answer', 'costCentre=1234'];
    expect(await repository.generate('--level', '3', ...pack)).toMatchObject({ exitCode: 0 });
    await repository.run('git', ['init', '--quiet']);
    const { output, ...figures } = await repository.verify();
    if (figures.exitCode !== 0) throw new Error(output);
    expect(figures.failed).toBe(0);
    expect(output).not.toMatch(/SKIPPED .*actionlint/);

    // The whole has passed, these tests in it: each alone tells what it catches.
    for (const [file, from, to, caught] of [
      ['Dockerfile', 'com.acme.cost-centre="1234"', 'com.acme.cost-centre="none"', 'test_who_pays'],
      ['.github/workflows/integrate.yml', '[self-hosted, acme-linux]', 'ubuntu-latest', 'test_jobs_run_on'],
      ['tasks/tickets.py', 'environment == "prod"', 'environment == "nowhere"', 'test_nothing_reaches_prod'],
    ] as const) {
      const text = await fs.readFile(path.join(repository.folder, file), 'utf8');
      expect(text).toContain(from);
      await fs.writeFile(path.join(repository.folder, file), text.replace(from, to));
      const broken = await repository.poe('test', '-q', '-k', caught);
      await fs.writeFile(path.join(repository.folder, file), text);
      expect([broken.exitCode, broken.all]).toEqual([1, expect.stringMatching(new RegExp(`FAILED .*${caught}`))]);
    }
  },
  20 * minutes,
);

const schema = await inferenceServices();
const kustomize = await pathWithGoTools(['sigs.k8s.io/kustomize/kustomize/v5@v5.7.1']);
const missing = [schema, kustomize].flatMap((each) => ('missing' in each ? each.missing : [])).join('; ');

(missing ? test.skip : test)(
  `a team’s pack proves itself by ds-devops pack --test, and KServe’s own schema takes what it makes${missing && ` (${missing})`}`,
  async () => {
    if ('missing' in schema || 'missing' in kustomize) return;
    const PATH = `${kustomize.path}:${await pathWithUv()}`;
    const before = process.env.PATH;
    process.env.PATH = PATH;
    try {
      const words = ['--level', '1', '--pack', 'examples/acme', '--answer', 'costCentre=1234'];
      const tried = await command(process.cwd(), ['pack', 'examples/vision', '--test', ...words], { install: true });
      expect({ code: tried.code, err: tried.code === 0 ? '' : tried.err }).toEqual({ code: 0, err: '' });
      expect(tried.out).toMatch(
        /^vision 1\.0\.0: rendered 3 times, at level 1, target kubernetes, CI .*\nthe linters find nothing in any of it\nlevel 1, target kubernetes, CI github: \d+ passed, 0 failed, \d+ skipped\n$/,
      );
    } finally {
      process.env.PATH = before;
    }
    const folder = path.join(await scratchFolder(), 'demo');
    const packs = ['--pack', path.resolve('examples/acme'), '--pack', path.resolve('examples/vision')];
    expect((await command(process.cwd(), [folder, '--yes', '--level', '1', ...packs])).code).toBe(0);
    for (const environment of ['dev', 'staging', 'prod']) {
      const { stdout } = await execa('kustomize', ['build', `infra/kserve/${environment}`], {
        cwd: folder,
        env: { PATH },
      });
      const objects = parseAllDocuments(stdout).map((document) => document.toJS());
      const service = objects.find(({ kind }) => kind === 'InferenceService');
      expect(schema.wrong(service)).toEqual([]);
      service.spec.predictor.containers[0].readynessProbe = {};
      expect(schema.wrong(service)).toEqual([expect.stringContaining('/spec/predictor/containers/0')]);
    }
  },
  10 * minutes,
);
