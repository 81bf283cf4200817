import path from 'node:path';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import fs from 'fs-extra';
import helpers from 'yeoman-test';
import App from '../../generators/app/index.ts';
import { storedFile } from '../../generators/engine/answers/stored.ts';
import Pack from '../../generators/pack/index.ts';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';
import { rungs } from '../support/ladder.ts';

jest.spyOn(process.stdout, 'write').mockReturnValue(true);
const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);

// yeoman-test works in the folder it is given, and stays there; other tests of this process are not to.
const checkout = process.cwd();
afterEach(() => {
  process.exitCode = undefined;
  process.chdir(checkout);
});

const generate = (folder: string, options: object) =>
  helpers
    // Yeoman's types know neither our options nor a constructor without defaults.
    .run(App as never, { namespace: 'ds-devops:app', resolved: path.join(checkout, 'generators/app/index.ts') })
    .cd(folder)
    .withOptions({ skipInstall: true, yes: true, ...options } as never);

describe('yo ds-devops', () => {
  test.each(rungs)('emits what the bin emits: $target, level $level', async ({ target, level }) => {
    const folder = await newFolder();
    await generate(folder, { level, target });
    const byBin = await newFolder();
    await command(byBin, `--yes --level ${level} --target ${target}`);
    expect(await snapshot(folder)).toEqual(await snapshot(byBin));
    expect(process.exitCode).toBe(0);
  });

  test('climbs in place', async () => {
    const folder = await newFolder();
    await generate(folder, { level: 0 });
    await generate(folder, { level: 1 });
    expect((await fs.readJson(path.join(folder, storedFile)))['generator-ds-devops'].level).toBe(1);
  });

  test('takes the directory as its argument', async () => {
    const folder = await newFolder();
    await generate(folder, { level: 0 }).withArguments(['below']);
    expect(await fs.pathExists(path.join(folder, 'below', 'pyproject.toml'))).toBe(true);
  });

  test('takes several packs, and answers to their questions', async () => {
    const folder = await newFolder();
    const other = await newFolder('other');
    await writeFiles(other, { 'pack.yaml': 'name: other\nversion: 1.0.0\n', '0-service/other.txt': 'other\n' });
    const packs = [path.join(checkout, 'examples/acme'), other];
    await generate(folder, { level: 1, pack: packs, answer: ['team=vision'] });
    expect(await fs.readFile(path.join(folder, 'README.md'), 'utf8')).toContain('of the team `vision`');
    expect(await fs.pathExists(path.join(folder, 'other.txt'))).toBe(true);
  });

  test("a user's mistake sets the exit code, says one line and writes nothing", async () => {
    const folder = await newFolder();
    await generate(folder, { level: 'foo' });
    expect(process.exitCode).toBe(1);
    expect(stderr).toHaveBeenLastCalledWith(expect.stringMatching(/^ds-devops: --level "foo" is not a level.*\n$/));
    expect(await snapshot(folder)).toEqual({});
  });
});

test('yo ds-devops:pack begins a pack', async () => {
  const folder = await newFolder();
  await helpers
    .run(Pack as never, { namespace: 'ds-devops:pack', resolved: path.join(checkout, 'generators/pack/index.ts') })
    .cd(folder)
    .withArguments(['platform']);
  expect(process.exitCode).toBe(0);
  expect(Object.keys(await snapshot(folder))).toContain('platform/pack.yaml');
});
