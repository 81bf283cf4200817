import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { parseAllDocuments } from 'yaml';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';
import { rungs } from '../support/ladder.ts';
import { modelsByFormat } from '../support/models.ts';

// How many files a reader is faced with at each level, at most.
const budget = [54, 73, 97, 107, 119, 129, 139];
// What a format other than ONNX adds: its loader, what the loaders share, a test, and what it may trust.
const more = 4;
// What samples add: themselves, four modules that hold the model to them, and two tests; without, one says what would.
const [withSamples, without] = [7, 1];
// What a cloud adds to the other targets' files: a Terraform module, two files for each environment, tests of its own.
const terraform = 11;

// Names at both ends of what is allowed: what is emitted must be well-formed with either.
const names = ['a', `long-${'x'.repeat(34)}y`];

const formats = Object.keys(modelsByFormat) as (keyof typeof modelsByFormat)[];
const combinations = rungs.flatMap((rung) => [
  ...(['example', 'onnx'] as const).map((model) => ({ ...rung, model, samples: '' })),
  ...(rung.level % 2 === 0
    ? formats.filter((model) => model !== 'onnx').map((model) => ({ ...rung, model, samples: '' }))
    : []),
  ...([0, 6].includes(rung.level) ? [{ ...rung, model: 'onnx' as const, samples: 'csv' }] : []),
  ...(rung.level === 2 ? [{ ...rung, model: 'skops' as const, samples: 'parquet' }] : []),
]);

const rows = { csv: 'x,y\n1,2\n', parquet: 'PAR1\0PAR1' };

// One process for all files of a repository: Python parses its own, and TOML.
const parser = `
import ast, json, pathlib, sys, tomllib
for path in map(pathlib.Path, json.load(sys.stdin)):
    try:
        ast.parse(path.read_text()) if path.suffix == ".py" else tomllib.loads(path.read_text())
    except (SyntaxError, tomllib.TOMLDecodeError) as error:
        sys.exit(f"{path}: {error}")
`;

describe.each(combinations)(
  'target $target, model $model $samples, level $level',
  ({ target, model, level, samples }) => {
    test.each(names)('every file is well-formed in its language, with the name %s', async (name) => {
      const folder = await newFolder();
      const handed = model === 'example' ? undefined : modelsByFormat[model];
      if (handed) await writeFiles(path.dirname(folder), { [handed.file]: handed.bytes });
      await writeFiles(path.dirname(folder), rows);
      const handedOver = `${handed ? ` --model ../${handed.file}` : ''}${samples && ` --samples ../${samples}`}`;
      const flags = `--yes --level ${level} --target ${target} --name ${name}${handedOver}`;
      expect((await command(folder, flags)).code).toBe(0);
      const files = Object.keys(await snapshot(folder));
      const few = ['example', 'onnx'].includes(model);
      const allowed =
        (budget[level] as number) +
        (few ? 0 : more) +
        (samples ? withSamples : handed ? without : 0) +
        (['aws', 'azure', 'gcp'].includes(target) ? terraform : 0);
      expect(files.length).toBeLessThanOrEqual(allowed);
      for (const file of files.filter((each) => !/^(model\/model|data\/samples)\./.test(each))) {
        const text = await fs.readFile(path.join(folder, file), 'utf8');
        const ending = path.extname(file);
        if (ending === '.json') JSON.parse(text);
        if (ending === '.yaml' || ending === '.yml')
          expect([
            file,
            ...parseAllDocuments(text).flatMap(({ errors, warnings }) => [...errors, ...warnings]),
          ]).toEqual([file]);
        expect([file, text]).toEqual([
          file,
          expect.not.stringMatching(/<%|%>|undefined|\[object Object\]| \n|\n\n$|[^\n]$/),
        ]);
      }
      const parsed = files.filter((file) => /\.(py|toml)$/.test(file));
      await execa('python3', ['-c', parser], { cwd: folder, input: JSON.stringify(parsed) });
    });
  },
);
