import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { storedFile } from '../../generators/engine/answers/stored.ts';
import { lockFile } from '../../generators/engine/disk/lock.ts';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

/** One line on standard error that names the value; exit 1; not a byte changed. */
async function expectRefused(folder: string, argv: string | string[], message: RegExp): Promise<void> {
  const before = await snapshot(path.dirname(folder));
  const { code, out, err } = await command(folder, argv);
  expect(err).toMatch(message);
  expect(err).toMatch(/^ds-devops: [^\n]+\n$/);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(await snapshot(path.dirname(folder))).toEqual(before);
}

describe('a command line that is refused', () => {
  test.each([
    ['--foo', /unknown flag --foo/],
    ['--levle 1', /unknown flag --levle: did you mean --level\?/],
    ['--no-yes', /unknown flag --no-yes/],
    ['-y', /unknown flag -y/],
    ['--level 7', /--level "7" is not a level: give a whole number from 0 to 6/],
    ['--level foo', /--level "foo" is not a level/],
    ['--level 2.5', /--level "2.5" is not a level/],
    ['--level -1', /--level "-1" is not a level/],
    ['--level', /--level needs a value/],
    ['--level --yes', /--level needs a value/],
    ['--level 1 --level 2', /--level is given twice/],
    ['--target mars', /--target "mars" is unknown: choose local, kubernetes, aws, azure or gcp/],
    ['--ci jenkins', /--ci "jenkins" is unknown/],
    ['--name My_Model', /--name "My_Model" is not a valid name/],
    ['--yes=no', /--yes takes no value, and was given "no"/],
    ['--model nope.onnx', /--model "nope.onnx" cannot be read \(ENOENT\)/],
    ['--pack ./acme', /acme is no template pack: there is no such folder; give a folder with a pack.yaml/],
    [
      '--pack npm:Acme@1',
      /--pack "npm:Acme@1" names no package: write it as npm:NAME@RANGE, such as npm:@acme\/pack@\^2/,
    ],
    ['--drop-pack acme', /--drop-pack "acme" is no pack of this repository: it has none/],
    ['--answer costCentre=1', /--answer costCentre: no pack asks that; there are no packs that ask anything/],
    ['--answer costCentre', /--answer "costCentre" is no answer: write it as NAME=VALUE/],
    ['--detach no/such.file', /--detach "no\/such.file" is no file that ds-devops emits here: give one/],
    ['--trust=acme', /--trust takes no value, and was given "acme": leave it out/],
    ['--yes pack', /the subcommand pack comes first: pack DIR; a folder of that name is written \.\/pack/],
    [
      '--samples rows.csv',
      /--samples "rows.csv" is for a model of your own, and there is none: give it too, with --model PATH/,
    ],
    ['one two', /"two" is one directory too many after "one"/],
    ['fleet', /the subcommand fleet is not in this version yet; a folder of that name is written \.\/fleet/],
  ])('%s', async (argv, message) => expectRefused(await newFolder(), argv, message));

  test('a directory that is a file', async () => {
    const folder = await newFolder();
    await writeFiles(folder, { file: '' });
    await expectRefused(folder, 'file', /"file" is a file, or lies below one: give a directory/);
    await expectRefused(folder, 'file/below', /is a file, or lies below one/);
  });

  test('a directory whose name cannot be made a valid one', async () => {
    await expectRefused(
      await newFolder('123'),
      '--yes',
      /the directory's name "123" cannot be made a valid name: give one with --name/,
    );
  });

  test('a directory that is a link to nowhere, which stays', async () => {
    const folder = await newFolder();
    await fs.symlink('nowhere', path.join(folder, 'link'));
    await expectRefused(folder, 'link --yes', /"link" is a link to nowhere/);
  });

  test('an empty directory argument', async () => {
    await expectRefused(await newFolder(), [''], /the directory is empty text/);
  });
});

describe('a repository that is refused', () => {
  async function repository(level = 0): Promise<string> {
    const folder = await newFolder();
    expect((await command(folder, `--level ${level} --yes`)).code).toBe(0);
    return folder;
  }

  test.each([
    [storedFile, '{', /\.yo-rc\.json is no JSON object/],
    [lockFile, 'x', /\.ds-devops\.lock\.json is damaged/],
    [lockFile, '{"schema": 2}', /written by a newer generator/],
  ])('%s with the text %j', async (file, text, message) => {
    const folder = await repository();
    await writeFiles(folder, { [file]: text });
    await expectRefused(folder, '--yes', message);
  });

  test('a lost lock', async () => {
    const folder = await repository();
    await fs.remove(path.join(folder, lockFile));
    await expectRefused(folder, '--yes', /\.ds-devops\.lock\.json is missing, though \.yo-rc\.json says/);
  });

  test('lost answers', async () => {
    const folder = await repository();
    await fs.remove(path.join(folder, storedFile));
    await expectRefused(folder, '--yes', /\.yo-rc\.json has no answers of ours, though \.ds-devops\.lock\.json says/);
  });

  test('a subfolder of it, where a second one would begin by mistake', async () => {
    const folder = await repository();
    await expectRefused(folder, 'src --yes', /src lies inside the ds-devops repository \S+demo: run there/);
  });

  test('a lower level than it has', async () => {
    await expectRefused(
      await repository(1),
      '--level 0',
      /--level 0 is below the repository's level 1: stages are never taken away/,
    );
  });

  test('conflict markers left from last time', async () => {
    const folder = await repository();
    const readme = path.join(folder, 'README.md');
    await fs.appendFile(readme, '<<<<<<< yours\na\n=======\nb\n>>>>>>> ds-devops level 1\n');
    await expectRefused(folder, '--level 1', /README\.md:\d+ still holds conflict markers of the last run/);
  });
});
