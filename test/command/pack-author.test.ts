import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

const run = (cwd: string, argv: string) =>
  command(cwd, ['pack', ...argv.split(' ').filter(Boolean)], { install: true });
/** A pack that brings all of its files itself: there is nothing to install and to run. */
const alone = 'name: alone\nversion: 1.0.0\nextends: none\n';

async function packOf(files: Record<string, string>): Promise<string> {
  const folder = await newFolder('pack');
  await writeFiles(folder, { 'pack.yaml': alone, ...files });
  return folder;
}
/** The one line of a trial that is refused, the pack's folder as `<pack>`. */
async function refused(folder: string, argv = ''): Promise<string> {
  const { code, out, err } = await run(folder, `. --test ${argv}`);
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^ds-devops: [^\n]+\n$/);
  return err.slice('ds-devops: '.length, -1).replaceAll(folder, '<pack>');
}

describe('ds-devops pack DIR', () => {
  test('begins a pack that a repository can have as it is', async () => {
    const above = await newFolder();
    const { code, out } = await run(above, 'Our_Platform');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'A template pack begins in Our_Platform: README.md there says what is what\nNext: ds-devops pack Our_Platform --test\n',
    });
    const pack = path.join(above, 'Our_Platform');
    expect(Object.keys(await snapshot(pack))).toEqual([
      '0-service/slots/readme.ejs',
      '0-service/tests/service/test_our_platform.py.ejs',
      'README.md',
      'pack.yaml',
      'package.json',
    ]);
    const repository = path.join(above, 'demo');
    const made = await command(above, ['demo', '--yes', '--level', '1', '--pack', pack, '--answer', 'team=vision']);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(await fs.readFile(path.join(repository, 'README.md'), 'utf8')).toContain('The team `vision`.');
    expect(await fs.pathExists(path.join(repository, 'tests/service/test_our_platform.py'))).toBe(true);
    expect((await run(above, 'Our_Platform')).err).toMatch(
      /Our_Platform is not empty: give a new folder, or try the pack/,
    );
  });

  test.each([
    ['', /^ds-devops: ds-devops pack needs the folder that the pack begins in: ds-devops pack DIR\n$/],
    ['new --level 3', /--level is for trying a pack: add --test, or leave it out\n$/],
    ['new --adopt', /--adopt is no flag of ds-devops pack: ds-devops pack --help lists them\n$/],
    ['new --tset', /unknown flag --tset/],
    ['new other', /"other" is one directory too many after "new"/],
    ['123', /the folder's name "123" cannot be made the name of a pack: name the folder otherwise \(1 to/],
    ['/proc/nothing', /^ds-devops: \/proc\/nothing cannot be written \(ENOENT\): give one in a folder that is there/],
    ['dangling', /dangling cannot be written \(EEXIST\): give one/],
    ['file/new', /new is no folder that can be read \(ENOTDIR\): give another\n$/],
  ])('%s is refused', async (argv, message) => {
    const folder = await newFolder();
    await fs.writeFile(path.join(folder, 'file'), '');
    await fs.symlink('nowhere', path.join(folder, 'dangling'));
    const before = await snapshot(folder);
    expect(await run(folder, argv)).toMatchObject({ code: 1, out: '', err: expect.stringMatching(message) });
    expect(await snapshot(folder)).toEqual(before);
  });

  test('has a help of its own', async () => {
    const { code, out } = await run(await newFolder(), '--help');
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^Usage: ds-devops pack DIR \[--test\]/) });
  });
});

describe('ds-devops pack DIR --test', () => {
  test('renders every level, target and provider, and every answer that a question offers', async () => {
    const folder = await packOf({
      'pack.yaml': `${alone}questions:\n  - {name: colour, type: string, message: C, default: red, choices: [red, blue]}\n  - {name: fast, type: boolean, message: F, default: false}\n`,
      '0-service/a.txt.ejs': '<%= colour %>\n',
    });
    // Seven levels of five targets with three providers; at the highest, four other answers each.
    expect(await run(folder, '. --test')).toEqual({
      code: 0,
      err: '',
      out: `alone 1.0.0: rendered ${7 * 15 + 4 * 15} times, at level 0, 1, 2, 3, 4, 5, 6, target local, kubernetes, aws, azure, gcp, CI github, gitlab, azure
It brings all of its files itself: what proves them is its own, and was not run.
`,
    });
    expect((await run(folder, '. --test --level 2 --target aws --ci gitlab')).out).toMatch(
      /^alone 1\.0\.0: rendered 5 times, at level 2, target aws, CI gitlab\n/,
    );
    await fs.writeFile(path.join(folder, '0-service/b.txt.ejs'), '<% if (fast) { %><%= nothing %><% } %>\n');
    expect(await refused(folder, '--target local --ci github')).toBe(
      'level 6, target local, CI github: the pack alone: <pack>/0-service/b.txt.ejs:1 cannot be rendered: nothing is not defined',
    );
  });

  test('says where a template fails, and keeps to what the pack locks', async () => {
    const folder = await packOf({ '3-delivery/target=azure/a.ejs': '\n<%= nothing %>\n' });
    expect(await refused(folder)).toBe(
      'level 3, target azure, CI github: the pack alone: <pack>/3-delivery/target=azure/a.ejs:2 cannot be rendered: nothing is not defined',
    );
    await fs.appendFile(path.join(folder, 'pack.yaml'), 'answers:\n  target: {value: gcp, locked: true}\n');
    expect((await run(folder, '. --test')).out).toMatch(/, target gcp, CI github, gitlab, azure\n/);
    expect(await refused(folder, '--target aws')).toBe('--target aws: the pack alone locks it to gcp: leave it out');
  });

  test('refuses what npm would not publish as it is', async () => {
    const folder = await packOf({
      'package.json': '{"name": "alone", "version": "1.0.1", "files": ["pack.yaml"]}',
      '0-service/.npmrc': '',
      '0-service/a.txt': '',
    });
    expect(await refused(folder)).toBe(
      'the pack alone: <pack>/package.json has the version 1.0.1, and pack.yaml 1.0.0: make them the same',
    );
    await fs.writeJson(path.join(folder, 'package.json'), { name: 'alone', version: '1.0.0', files: ['pack.yaml'] });
    expect(await refused(folder)).toMatch(
      /npm would not publish 0-service\/\.npmrc, 0-service\/a\.txt: name what is missing/,
    );
    const files = ['pack.yaml', '[0-6]-*/**'];
    await fs.writeJson(path.join(folder, 'package.json'), { name: 'alone', version: '1.0.0', files });
    expect(await refused(folder)).toMatch(
      /npm would not publish 0-service\/\.npmrc: name what .* leaves out .* in \.ejs$/,
    );
    await fs.move(path.join(folder, '0-service/.npmrc'), path.join(folder, '0-service/.npmrc.ejs'));
    expect((await run(folder, '. --test --level 0')).code).toBe(0);
  });
});
