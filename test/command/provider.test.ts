import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, snapshot } from '../support/folder.ts';

/** A fresh repository of a provider, with its files. */
async function fresh(ci: string, level = 4) {
  const folder = await newFolder();
  expect(await command(folder, `--yes --level ${level} --ci ${ci}`)).toMatchObject({ code: 0 });
  return { folder, files: await snapshot(folder) };
}

test.each([
  ['github', 'gitlab'],
  ['gitlab', 'azure'],
  ['azure', 'github'],
])('from %s to %s: what was not edited goes, and the repository is as a fresh one', async (before, after) => {
  const { folder } = await fresh(before);
  expect(await command(folder, `--yes --ci ${after}`)).toMatchObject({ code: 0 });
  expect(await snapshot(folder)).toEqual((await fresh(after)).files);
});

test('what was edited of the old provider stays, and that is said', async () => {
  const { folder } = await fresh('github', 3);
  const edited = path.join(folder, '.github/workflows/integrate.yml');
  await fs.appendFile(edited, '# ours\n');
  const before = await fs.readFile(edited, 'utf8');
  const { code, out } = await command(folder, '--yes --ci gitlab');
  expect(code).toBe(0);
  expect(out).toMatch(/\.github\/workflows\/integrate\.yml/);
  expect(await fs.readFile(edited, 'utf8')).toBe(before);
  const others = Object.keys(await snapshot(folder)).filter((file) => file.startsWith('.github/'));
  expect(others).toEqual(['.github/workflows/integrate.yml']);
  expect(await command(folder, '--check')).toMatchObject({ code: 0 });
});

test('back again, the edited file is met as what its owner has', async () => {
  const { folder } = await fresh('github', 2);
  await fs.appendFile(path.join(folder, '.github/CODEOWNERS'), '* @ours\n');
  await command(folder, '--yes --ci gitlab');
  const { code, out } = await command(folder, '--yes --ci github');
  expect({ code, out }).toEqual({ code: 3, out: expect.stringContaining('.github/CODEOWNERS') });
  expect(await fs.readFile(path.join(folder, '.github/CODEOWNERS'), 'utf8')).toContain('* @ours');
});
