import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, writeFiles } from '../support/folder.ts';
import { modelsByFormat } from '../support/models.ts';

const searchPath = process.env.PATH;
afterEach(() => {
  process.env.PATH = searchPath;
});

/** Puts a program called uv first on the PATH that notes what it is asked, and does what the script says. */
async function uvThat(script: string): Promise<() => Promise<string[]>> {
  const folder = await newFolder('programs');
  const notes = path.join(folder, 'asked');
  await fs.writeFile(path.join(folder, 'uv'), `#!/bin/sh\necho "$*" >> ${notes}\n${script}\n`, { mode: 0o755 });
  process.env.PATH = `${folder}${path.delimiter}${searchPath}`;
  return async () =>
    (await fs.readFile(notes, 'utf8').catch(() => '')).split('\n').filter((line) => line && line !== '--version');
}

const makes = 'case "$1" in sync) mkdir -p .venv ;; run) mkdir -p model && touch model/model.onnx ;; esac';

describe('after the files are written', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await newFolder();
  });

  test('the environment is made and the example trained, and neither is done again', async () => {
    const asked = await uvThat(makes);
    const { code, out, err } = await command(folder, '--level 0 --yes', { install: true });
    expect(code).toBe(0);
    expect(await asked()).toEqual(['sync --quiet', 'run --quiet poe --quiet train']);
    expect(err).toMatch(/^Installing .*\nTraining .*\n$/);
    expect(out).toMatch(/Next: uv run poe verify\n$/);
    await command(folder, '--yes', { install: true });
    expect(await asked()).toHaveLength(2);
    await command(folder, '--level 1 --yes', { install: true });
    expect(await asked()).toEqual([expect.any(String), expect.any(String), 'sync --quiet']);
  });

  test('samples are put to the model, and again when one of the two is another', async () => {
    const { onnx, python } = modelsByFormat;
    const files = { 'm.onnx': onnx.bytes, 'm.py': python.bytes, 'rows.csv': 'x\n1\n', 'more.csv': 'x\n1\n2\n' };
    await writeFiles(path.dirname(folder), files);
    const asked = await uvThat(
      'case "$1" in sync) mkdir -p .venv ;; run) mkdir -p model && touch model/profile.json ;; esac',
    );
    const argv = '--level 0 --yes --model ../m.onnx --samples ../rows.csv';
    const { code, out } = await command(folder, argv, { install: true });
    expect([code, out]).toEqual([0, expect.stringMatching(/Next: uv run poe verify\n$/)]);
    const samples = 'run --quiet poe --quiet samples';
    expect(await asked()).toEqual(['sync --quiet', samples]);
    await command(folder, '--yes', { install: true });
    expect(await asked()).toHaveLength(2);
    await command(folder, '--yes --samples ../more.csv', { install: true });
    expect((await asked()).slice(2)).toEqual([samples]);
    await command(folder, '--yes --model ../m.py', { install: true });
    expect((await asked()).slice(3)).toEqual(['sync --quiet', samples]);
  });

  test('a failure ends with 5, the words of uv, and the command to repeat', async () => {
    await uvThat('if [ "$1" = sync ]; then echo "no such registry" >&2; exit 2; fi');
    const { code, out, err } = await command(path.dirname(folder), 'demo --level 0 --yes', { install: true });
    expect(code).toBe(5);
    expect(err).toContain('no such registry');
    expect(out).toMatch(
      /All is written, but uv sync --quiet failed: .*\nNext: cd demo && uv sync && uv run poe train\n$/,
    );
    expect(await fs.pathExists(path.join(folder, 'pyproject.toml'))).toBe(true);
  });

  test('nothing is installed while there are conflicts: they may be in what it is installed from', async () => {
    await writeFiles(folder, { 'pyproject.toml': 'mine' });
    const asked = await uvThat(makes);
    const { code, out } = await command(folder, '--level 0 --yes', { install: true });
    expect(code).toBe(3);
    expect(out).toMatch(
      /conflict: pyproject\.toml(.|\n)*Next: decide each conflict, then run the same command again\n$/,
    );
    expect(await asked()).toEqual([]);
  });

  test('--skip-install calls nothing', async () => {
    const asked = await uvThat(makes);
    expect((await command(folder, '--level 0 --yes')).code).toBe(0);
    expect(await asked()).toEqual([]);
  });
});
