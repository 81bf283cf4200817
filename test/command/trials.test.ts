import path from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

// What a reader's trial of a living repository has found, each held from then on.

async function started(level: number) {
  const folder = await newFolder();
  await command(folder, `--yes --level ${level}`);
  return { folder, at: (file: string) => path.join(folder, file) };
}

test('what an owner has called like the folder of a run stays', async () => {
  const { folder } = await started(0);
  const own = {
    '.ds-devops.run-notes.md': 'mine',
    '.ds-devops.run-backup/f': 'mine',
    '.ds-devops.run-1-2-h/f': 'mine',
  };
  await writeFiles(folder, own);
  await command(folder, '--level 1');
  for (const file of Object.keys(own)) expect(await fs.readFile(path.join(folder, file), 'utf8')).toBe('mine');
  await fs.writeFile(path.join(folder, '.ds-devops.run'), 'mine');
  const before = await snapshot(folder);
  expect((await command(folder, '--level 2')).code).toBe(1);
  expect(await snapshot(folder)).toEqual(before);
});

test('a working tree inside of this one is no place that a file was moved to', async () => {
  const { folder, at } = await started(0);
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: folder });
  await git('init', '--quiet');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'x');
  await git('worktree', 'add', '--quiet', '.worktrees/feature', '-b', 'feature');
  await fs.remove(at('.gitignore'));
  const before = await snapshot(at('.worktrees/feature'));
  await command(folder, '--level 2');
  expect(await snapshot(at('.worktrees/feature'))).toEqual(before);
});

test('a copy that the owner has made of a folder is not taken away with the folder', async () => {
  const { folder, at } = await started(1);
  await fs.copy(at('infra'), at('backup/infra'));
  const before = await snapshot(at('backup'));
  await fs.remove(at('infra'));
  const { out } = await command(folder, '--target kubernetes');
  expect(await snapshot(at('backup'))).toMatchObject(before);
  expect(out).toContain('no longer emitted, but not where it was: it is yours now');
});

test('another generator’s answers keep their bytes, and the form of ours is no change', async () => {
  const { folder, at } = await started(0);
  const ours = await fs.readFile(at('.yo-rc.json'), 'utf8');
  await fs.writeFile(at('.yo-rc.json'), JSON.stringify(JSON.parse(ours)));
  expect((await command(folder, '--check')).code).toBe(0);
  const other = '"generator-x": {"n": 12345678901234567890, "a": 1.0}';
  await fs.writeFile(at('.yo-rc.json'), ours.replace('{', `{ ${other},`));
  expect((await command(folder, '--check')).code).toBe(0);
  await command(folder, '--level 1');
  const after = await fs.readFile(at('.yo-rc.json'), 'utf8');
  expect(after).toContain(other);
  expect(JSON.parse(after)['generator-ds-devops'].level).toBe(1);
});

test('a pyproject.toml with a comma after the last entry is adopted as TOML 1.0', async () => {
  const folder = await newFolder('churn');
  await writeFiles(folder, {
    'pyproject.toml': '[project]\nname = "churn"\ndependencies = [\n    "requests",\n]\n\n[tool.poe]\nverbosity = 1\n',
  });
  await command(folder, '--adopt --yes --level 1');
  const read =
    'import tomllib; t = tomllib.load(open("pyproject.toml", "rb")); d = t["project"]["dependencies"]; print(d[0], any(e.startswith("uvicorn") for e in d), t["tool"]["poe"]["verbosity"])';
  const { stdout } = await execa('python3', ['-c', read], { cwd: folder });
  expect(stdout).toBe('requests True 1');
});

test('a run that has decided on what another has changed since writes nothing', async () => {
  const { folder, at } = await started(0);
  const stored = at('.yo-rc.json');
  const before = await fs.readFile(stored, 'utf8');
  // The questions are asked after the state was read: here another run comes in between.
  const prompt = async ({ offered }: { offered: string | number }) => {
    await command(folder, '--level 3');
    return offered;
  };
  const { code, err } = await command(folder, '', { prompt });
  expect({ code, err }).toEqual({
    code: 1,
    err: expect.stringContaining('has changed while this run was deciding: run again'),
  });
  expect(await fs.readFile(stored, 'utf8')).not.toBe(before);
  expect((await command(folder, '--check')).code).toBe(0);
});

test('a base in the lock that is not what was rendered is told, with the way back', async () => {
  const { folder, at } = await started(0);
  await fs.appendFile(at('README.md'), 'mine\n');
  const lock = await fs.readJson(at('.ds-devops.lock.json'));
  for (const deflated of ['AAAA', lock.files['pyproject.toml'].deflated]) {
    lock.files['README.md'].deflated = deflated;
    await fs.writeJson(at('.ds-devops.lock.json'), lock);
    const { code, err } = await command(folder, '--level 2');
    expect({ code, err }).toEqual({
      code: 1,
      err: expect.stringMatching(/^ds-devops: .ds-devops.lock.json is damaged: .*--adopt\n$/),
    });
  }
});

test('a level that was lost in a merge of branches takes no stage away', async () => {
  const { folder, at } = await started(3);
  const stored = await fs.readFile(at('.yo-rc.json'), 'utf8');
  await fs.writeFile(at('.yo-rc.json'), stored.replace('"level": 3', '"level": 1'));
  const before = await snapshot(folder);
  expect((await command(folder, '')).code).toBe(0);
  expect(await snapshot(folder)).toEqual({ ...before, '.yo-rc.json': `644 ${stored}` });
});

test('state that git has left in conflict, or that is a link, is told with what to do', async () => {
  const { folder, at } = await started(0);
  const lock = await fs.readFile(at('.ds-devops.lock.json'), 'utf8');
  await fs.writeFile(at('.ds-devops.lock.json'), `<<<<<<< HEAD\n${lock}=======\n${lock}>>>>>>> other\n`);
  expect((await command(folder, '')).err).toMatch(/holds conflict markers of git: take one side \(git checkout --ours/);
  await fs.move(at('.ds-devops.lock.json'), at('elsewhere'));
  await fs.symlink('elsewhere', at('.ds-devops.lock.json'));
  expect((await command(folder, '')).err).toMatch(
    /lock.json is a link or a folder: put the file itself there and run again/,
  );
});

test('what --check counts it names, the state too', async () => {
  const { folder, at } = await started(0);
  const lock = await fs.readFile(at('.ds-devops.lock.json'), 'utf8');
  await fs.writeFile(at('.ds-devops.lock.json'), lock.replaceAll('\n', '\r\n'));
  const { code, out } = await command(folder, '--check');
  expect({ code, out }).toEqual({ code: 4, out: expect.stringContaining('  state     .ds-devops.lock.json\n') });
});

test('answers that an editor has saved with a byte order mark are read', async () => {
  const { folder, at } = await started(0);
  await fs.writeFile(at('.yo-rc.json'), `\ufeff${await fs.readFile(at('.yo-rc.json'), 'utf8')}`);
  expect((await command(folder, '--check')).code).toBe(0);
  expect((await command(folder, '--level 1')).code).toBe(0);
});

test('own modules that stay in the old package are named when the project gets another name', async () => {
  const { folder, at } = await started(0);
  await fs.writeFile(at('src/demo/mine.py'), 'x = 1\n');
  const { code, out } = await command(folder, '--name other');
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringContaining('src/demo still holds files of yours, which may belong in src/other: mine.py\n'),
  });
  expect(await fs.readFile(at('src/demo/mine.py'), 'utf8')).toBe('x = 1\n');
});
