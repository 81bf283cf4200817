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
const budget = [48, 65, 89, 99, 111, 121, 131];
// What a format other than ONNX adds: its loader, what the loaders share, a test, and what it may trust.
const more = 4;
// What a cloud adds to the other targets' files: a Terraform module of eight, two for each environment, its own tests.
const terraform = 11;

// Names at both ends of what is allowed: what is emitted must be well-formed with either.
const names = ['a', `long-${'x'.repeat(34)}y`];

const formats = Object.keys(modelsByFormat) as (keyof typeof modelsByFormat)[];
const combinations = rungs.flatMap((rung) => [
  ...(['example', 'onnx'] as const).map((model) => ({ ...rung, model })),
  ...(rung.level % 2 === 0 ? formats.filter((model) => model !== 'onnx').map((model) => ({ ...rung, model })) : []),
]);

// One process for all files of a repository: Python parses its own, and TOML.
const parser = `
import ast, json, pathlib, sys, tomllib
for path in map(pathlib.Path, json.load(sys.stdin)):
    try:
        ast.parse(path.read_text()) if path.suffix == ".py" else tomllib.loads(path.read_text())
    except (SyntaxError, tomllib.TOMLDecodeError) as error:
        sys.exit(f"{path}: {error}")
`;

describe.each(combinations)('target $target, model $model, level $level', ({ target, model, level }) => {
  test.each(names)('every file is well-formed in its language, with the name %s', async (name) => {
    const folder = await newFolder();
    const handed = model === 'example' ? undefined : modelsByFormat[model];
    if (handed) await writeFiles(path.dirname(folder), { [handed.file]: handed.bytes });
    const flags = `--yes --level ${level} --target ${target} --name ${name}`;
    expect((await command(folder, handed ? `${flags} --model ../${handed.file}` : flags)).code).toBe(0);
    const files = Object.keys(await snapshot(folder));
    const few = ['example', 'onnx'].includes(model);
    expect(files.length).toBeLessThanOrEqual(
      (budget[level] as number) + (few ? 0 : more) + (target === 'aws' ? terraform : 0),
    );
    for (const file of files.filter((each) => !each.startsWith('model/model.'))) {
      const text = await fs.readFile(path.join(folder, file), 'utf8');
      const ending = path.extname(file);
      if (ending === '.json') JSON.parse(text);
      if (ending === '.yaml' || ending === '.yml')
        expect([file, ...parseAllDocuments(text).flatMap(({ errors, warnings }) => [...errors, ...warnings])]).toEqual([
          file,
        ]);
      expect([file, text]).toEqual([
        file,
        expect.not.stringMatching(/<%|%>|undefined|\[object Object\]| \n|\n\n$|[^\n]$/),
      ]);
    }
    const parsed = files.filter((file) => /\.(py|toml)$/.test(file));
    await execa('python3', ['-c', parser], { cwd: folder, input: JSON.stringify(parsed) });
  });
});
