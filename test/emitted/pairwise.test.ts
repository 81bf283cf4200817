import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { writeFiles } from '../support/folder.ts';
import { hclParser } from '../support/hcl.ts';
import { providers, rungs } from '../support/ladder.ts';
import { modelsByFormat } from '../support/models.ts';
import { pairsOf, pairwise } from '../support/pairwise.ts';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithUv } from '../support/uv.ts';
import { expectWellFormed } from '../support/well-formed.ts';

const models = ['example', ...Object.keys(modelsByFormat), 'onnx with csv', 'xgboost with parquet'];
const possible = rungs.flatMap((rung) =>
  providers.flatMap((ci) => models.map((model) => ({ target: rung.target, ci, model, level: rung.level }))),
);
const combinations = pairwise(possible).map((each) => ({ ...each, name: Object.values(each).join(' ') }));
const rows = { csv: 'x,y\n1,2\n', parquet: 'PAR1\0PAR1' };

let above: string;
const folderOf = ({ name }: { name: string }) => path.join(above, name.replaceAll(' ', '-'));

beforeAll(async () => {
  above = await scratchFolder();
  await writeFiles(above, rows);
  for (const { file, bytes } of Object.values(modelsByFormat)) await writeFiles(above, { [file]: bytes });
});

test('every two of target, provider, model and level that go together are in one of the combinations', () => {
  const pairs = new Set(combinations.flatMap(({ name, ...each }) => pairsOf(each)));
  expect(pairs).toEqual(new Set(possible.flatMap(pairsOf)));
  expect(combinations.length).toBeLessThan(possible.length / 5);
});

test.each(combinations)('$name: every file parses in its language', async (combination) => {
  const { target, ci, level } = combination;
  const [format = '', samples] = String(combination.model).split(' with ');
  const handed = modelsByFormat[format as keyof typeof modelsByFormat];
  const flags = [
    ...['--yes', '--name', 'demo', '--target', `${target}`, '--ci', `${ci}`, '--level', `${level}`],
    ...(handed ? ['--model', path.join(above, handed.file)] : []),
    ...(samples ? ['--samples', path.join(above, samples)] : []),
  ];
  await fs.mkdirp(folderOf(combination));
  const { code, err } = await command(folderOf(combination), flags);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  await expectWellFormed(folderOf(combination));
});

test('the Python of all of them is linted and formatted', async () => {
  const wanted = /"(ruff>=[^"]+)"/.exec(await fs.readFile('templates/0-service/pyproject.toml.ejs', 'utf8'))?.[1];
  const env = { PATH: await pathWithUv() };
  const ruff = (...words: string[]) =>
    execa(
      'uv',
      ['tool', 'run', '--quiet', '--from', wanted as string, 'ruff', ...words, ...combinations.map(folderOf)],
      {
        env,
        reject: false,
        all: true,
      },
    );
  for (const words of [
    ['check', '--quiet'],
    ['format', '--quiet', '--check'],
  ]) {
    const { exitCode, all } = await ruff(...words);
    expect({ words, exitCode, all }).toEqual({ words, exitCode: 0, all: '' });
  }
});

const hcl = await hclParser();

('parse' in hcl ? test : test.skip)(
  `the Terraform of all of them parses${'missing' in hcl ? ` (skipped: ${hcl.missing})` : ''}`,
  async () => {
    // Most are the same in many of them: each text is read once.
    const byText = new Map<string, string>();
    for (const folder of combinations.map(folderOf))
      for (const file of await fs.readdir(folder, { recursive: true, encoding: 'utf8' }))
        if (/\.(tf|tfvars|tfbackend|hcl)$/.test(file))
          byText.set(await fs.readFile(path.join(folder, file), 'utf8'), path.join(folder, file));
    expect(byText.size).toBeGreaterThan(50);
    const texts = new Map([...byText].map(([text, file]) => [file, text]));
    if ('parse' in hcl) expect((await hcl.parse(texts)).size).toBe(texts.size);
  },
);
