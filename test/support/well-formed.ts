import path from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { parseAllDocuments } from 'yaml';
import { snapshot } from './folder.ts';

// One process for all files of a repository: Python parses its own, and TOML.
const parser = `
import ast, json, pathlib, sys, tomllib
for path in map(pathlib.Path, json.load(sys.stdin)):
    try:
        ast.parse(path.read_text()) if path.suffix == ".py" else tomllib.loads(path.read_text())
    except (SyntaxError, tomllib.TOMLDecodeError) as error:
        sys.exit(f"{path}: {error}")
`;

/** Expects every text of an emitted repository to parse in its language, and to have no traces of its template; its paths. */
export async function expectWellFormed(folder: string): Promise<string[]> {
  const files = Object.keys(await snapshot(folder));
  for (const file of files.filter((each) => !/^(model\/model|data\/samples)\./.test(each))) {
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
  return files;
}
