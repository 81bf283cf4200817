import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, snapshot } from '../support/folder.ts';
import { installPacked, type Prefix } from '../support/packed.ts';

let prefix: Prefix;
beforeAll(async () => {
  prefix = await installPacked();
}, 300_000);
afterAll(() => fs.remove(prefix.folder));

const home = () => path.join(prefix.folder, 'home');

describe('the published package', () => {
  test('holds every template and what it needs to run, and nothing else', async () => {
    const entries = await fs.readdir('templates', { withFileTypes: true, recursive: true });
    const templates = entries
      .filter((entry) => entry.isFile())
      .map((entry) => `dist/${path.join(entry.parentPath, entry.name)}`);
    expect(prefix.files.filter((file) => file.startsWith('dist/templates/')).sort()).toEqual(templates.sort());
    const rest = prefix.files.filter((file) => !file.startsWith('dist/'));
    const pages = ['coming-back.md', 'ladder.svg', 'packs.md', 'plan.schema.json', 'slots.md'];
    const docs = pages.map((page) => `docs/${page}`);
    expect(rest.sort()).toEqual(['CHANGELOG.md', 'LICENSE', 'README.md', ...docs, 'package.json']);
    expect(prefix.files.filter((file) => /\.(test|spec)\.|\.ts$/.test(file))).toEqual([]);
    expect(await fs.pathExists('dist')).toBe(false);
  });

  test('emits by yo and by its bin, as an ordinary user, what the checkout emits', async () => {
    const byYo = await prefix.run('yo', ['ds-devops', 'by-yo/demo', '--level', '2', '--yes', '--skip-install']);
    expect(byYo).toMatchObject({ exitCode: 0, stderr: '' });
    expect(byYo.stdout).toMatch(/^demo: level 2, target local, CI github, in by-yo\/demo\n/);
    const byBin = await prefix.run('ds-devops', ['by-bin/demo', '--level', '2', '--yes', '--skip-install']);
    expect(byBin).toMatchObject({ exitCode: 0, stderr: '' });
    const here = await newFolder();
    await command(here, '--level 2 --yes');
    const expected = await snapshot(here);
    expect(await snapshot(path.join(home(), 'by-yo/demo'))).toEqual(expected);
    expect(await snapshot(path.join(home(), 'by-bin/demo'))).toEqual(expected);
  }, 60_000);

  test.each(['yo ds-devops', 'ds-devops'])(
    '%s: refuses bad input, keeps the exit codes, and climbs',
    async (typed) => {
      const [program = '', ...words] = typed.split(' ');
      const run = (...args: string[]) => prefix.run(program, [...words, ...args, '--skip-install']);
      const folder = `codes-${program}`;
      expect(await run(folder, '--level', '7', '--yes')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('"7" is not a level'),
      });
      expect(await run(folder, '--bogus')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('unknown flag --bogus'),
      });
      expect(await run(folder, '--name', '007', '--yes')).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining('"007" is not a valid name'),
      });
      expect(await fs.pathExists(path.join(home(), folder))).toBe(false);
      expect(await run(folder, '--level', '0', '--check')).toMatchObject({ exitCode: 4 });
      expect(await run(folder, '--level', '0')).toMatchObject({ exitCode: 0 });
      expect(await run(folder, '--level', '1')).toMatchObject({ exitCode: 0 });
      const again = await run(folder, '--check', '--json');
      expect(again).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(String(again.stdout))).toMatchObject({ answers: { level: 1 } });
    },
    120_000,
  );

  test('yo ds-devops:pack begins a pack, as ds-devops pack does', async () => {
    const byYo = await prefix.run('yo', ['ds-devops:pack', 'of-yo/platform']);
    expect(byYo).toMatchObject({ exitCode: 0, stderr: '' });
    expect(byYo.stdout).toMatch(/\nNext: yo ds-devops:pack of-yo\/platform --test$/);
    const byBin = await prefix.run('ds-devops', ['pack', 'of-bin/platform']);
    expect(byBin).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await snapshot(path.join(home(), 'of-yo'))).toEqual(await snapshot(path.join(home(), 'of-bin')));
    const help = await prefix.run('yo', ['ds-devops:pack', '--help']);
    expect(help).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Usage: yo ds-devops:pack DIR') });
  }, 60_000);

  test('yo ds-devops --help shows the help of the command', async () => {
    const { exitCode, stdout } = await prefix.run('yo', ['ds-devops', '--help']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining('Usage: yo ds-devops [directory] [flags]'),
    });
  }, 30_000);
});
