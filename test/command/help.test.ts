import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { help } from '../../generators/command/help.ts';
import { flags } from '../../generators/engine/answers/answers.ts';
import { command } from '../support/command.ts';
import { newFolder } from '../support/folder.ts';

test('--help names every flag there is and fits a screen of 24 lines and 80 columns', async () => {
  const { code, out } = await command(await newFolder(), '--help');
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(24);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  for (const flag of flags) expect(out.includes(`--${flag.name}`)).toBe(!('notYet' in flag));
});

test('--version is the version of the package', async () => {
  expect((await command(await newFolder(), '--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('the README shows the help as it is', async () => {
  expect(await fs.readFile('README.md', 'utf8')).toContain(help('yo ds-devops'));
});

test.each([
  ['--level 6 --yes', '--level', '6'],
  ['--yes --pack ../acme', '--pack', path.resolve('examples/acme'), '--answer', 'costCentre=1234'],
])('the README shows how many files come with %s', async (shown, ...args) => {
  const { out } = await command(path.join(await newFolder(), 'work'), ['demo', '--yes', ...args]);
  const [, after = ''] = (await fs.readFile('README.md', 'utf8')).split(shown, 2);
  const example = after.split('```', 1)[0]?.match(/^ {2}\d .* created$/gm) ?? [];
  expect(example).not.toEqual([]);
  for (const line of example) expect(out).toContain(`${line}\n`);
});
