import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

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
