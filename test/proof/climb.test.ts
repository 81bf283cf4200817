import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { parseName } from '../../generators/engine/answers/names.ts';
import { highestLevel } from '../../generators/engine/render/stages.ts';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

const minutes = 60_000;

/** What an owner adds to a file before each step up, at its end; every addition has to be there at the top. */
const additions = {
  'README.md': (step: number) => `\nOur words before step ${step}.\n`,
  'pyproject.toml': (step: number) => `\n[tool.ours-${step}]\nkey = ${step}\n`,
  '.github/workflows/integrate.yml': (step: number) => `# our note before step ${step}\n`,
};

/** What an owner promises and expects instead: the emitted tests of made-up figures must not depend on it. */
const promises = {
  'slo.yaml': [
    ['objective: 0.999 ', 'objective: 0.995 '],
    ['window_days: 28', 'window_days: 30'],
    ['peak_requests_per_second: 200', 'peak_requests_per_second: 5000'],
    ['rows_per_request: 1', 'rows_per_request: 10'],
  ],
  'capacity/policy.yaml': [
    ['headroom: 0.7', 'headroom: 0.8'],
    ['spikes_a_day: 1', 'spikes_a_day: 3'],
  ],
} as const;

describe('a repository that its owner lives in', () => {
  let repository: Repository;
  const added: [string, string][] = [];

  beforeAll(async () => {
    repository = await Repository.at(path.join(await scratchFolder(), 'demo'));
    for (let step = 0; step <= highestLevel; step += 1) {
      const climbed = await repository.generate(
        '--level',
        String(step),
        ...(step < highestLevel ? ['--skip-install'] : []),
      );
      if (climbed.exitCode !== 0) throw new Error(String(climbed.all));
      for (const [file, words] of Object.entries(additions)) {
        const at = path.join(repository.folder, file);
        if (step === highestLevel || !(await fs.pathExists(at))) continue;
        await fs.appendFile(at, words(step + 1));
        added.push([file, words(step + 1)]);
      }
    }
  }, 10 * minutes);

  test('climbs from 0 to the top one step at a time and keeps every edit, each file still well-formed', async () => {
    expect(added.length).toBeGreaterThan(12);
    for (const [file, words] of added)
      expect(await fs.readFile(path.join(repository.folder, file), 'utf8')).toContain(words.trim());
  });

  test('depends on nothing whose name a repository may take', async () => {
    const lock = await fs.readFile(path.join(repository.folder, 'uv.lock'), 'utf8');
    const names = [...lock.matchAll(/^name = "(.+)"$/gm)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(100);
    for (const name of names.filter((each) => each !== 'demo')) expect(() => parseName(name)).toThrow(name);
  });

  test(
    'proves itself at the top, with other objectives too',
    async () => {
      for (const [file, pairs] of Object.entries(promises)) await repository.edit(file, ...pairs);
      expect(await repository.poe('rules')).toMatchObject({ exitCode: 0 });
      const { output, ...figures } = await repository.verify();
      if (figures.exitCode !== 0) throw new Error(output);
      expect(figures.failed).toBe(0);
    },
    20 * minutes,
  );
});
