import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { storedFile } from '../../generators/engine/answers/stored.ts';
import { lockFile } from '../../generators/engine/disk/lock.ts';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

const theirs = {
  'README.md': '# Churn\n',
  'pyproject.toml': `[project] # ours since 2019
name = "churn"
version = "3.1"
dependencies = ["numpy>=2"]

[tool.poe.tasks]
notebook = "jupyter lab"
`,
  'src/churn/features.py': 'x = 1\n',
};

describe('--adopt in a repository that was never ours', () => {
  test('writes what a pyproject.toml lacks as a person would: whole tables at its end, with their comments', async () => {
    const folder = await newFolder('churn');
    const mine = `[project] # ours since 2019
name = "churn"
version = "3.1"
description = "Who leaves"
requires-python = ">=3.12"
dependencies = [
  "numpy<2", # until the cluster is new
]

[tool.poe.tasks]
notebook = "jupyter lab"

[tool.ruff]
line-length = 99
`;
    await writeFiles(folder, { 'pyproject.toml': mine });
    const { out } = await command(folder, '--adopt --yes --level 1');
    expect(out).toContain('project.dependencies numpy<2 (ours is numpy>=2.4,<3)');
    expect(out).toContain('tool.ruff.line-length');
    const { 'pyproject.toml': now = '' } = await snapshot(folder);
    const [head, tail] = now.split('line-length = 99\n\n');
    expect(head).toContain('dependencies = [\n  "numpy<2", # until the cluster is new\n  "httptools');
    expect(tail).toMatch(/^\[dependency-groups\]\ndev = \[\n {2}"mypy/);
    expect(tail).toContain('[tool.poe]\nexecutor = { type = "simple" } # `uv run poe` has entered');
    expect(tail).toContain('\n[tool.ruff.lint]\nselect = [');
    expect(tail).toMatch(/\n# ---- Your own tables go below this line ----\n$/);
    expect((await command(folder, '')).out).toContain('1 kept');
  });

  test('adds what is missing, keeps what is there, fills pyproject.toml up, and puts ours beside the rest', async () => {
    const folder = await newFolder('work');
    await writeFiles(folder, theirs);
    const { code, out } = await command(folder, '--adopt --yes --level 2');
    expect(code).toBe(3);
    expect(out).toContain('conflict: README.md');
    expect(out).toMatch(/merged: pyproject\.toml: yours stay where both have a value: .*project\.version/);
    const after = await snapshot(folder);
    for (const file of ['README.md', 'src/churn/features.py'] as const) expect(after[file]).toBe(`644 ${theirs[file]}`);
    expect(after['README.md.ds-devops-new']).toContain('churn');
    expect(after).toHaveProperty(['tasks/2-integration.toml']);
    const project = after['pyproject.toml'] as string;
    for (const line of [
      '# ours since 2019',
      'version = "3.1"',
      'numpy>=2',
      'notebook = "jupyter lab"',
      'tasks/2-',
      'uvicorn',
    ])
      expect(project).toContain(line);
    expect(await fs.readJson(path.join(folder, storedFile))).toMatchObject({
      'generator-ds-devops': { name: 'churn' },
    });
    expect((await command(folder, '--check')).code).toBe(0);
  });

  test('then climbs as any other does', async () => {
    const folder = await newFolder('work');
    await writeFiles(folder, theirs);
    await command(folder, '--adopt --yes --level 0');
    const { code } = await command(folder, '--level 1');
    // Their README has nothing in common with ours: ours lies beside it, brought up to date.
    expect(code).toBe(3);
    expect((await fs.readdir(folder)).filter((file) => file.startsWith('README'))).toEqual([
      'README.md',
      'README.md.ds-devops-new',
    ]);
    expect(await fs.readFile(path.join(folder, 'README.md.ds-devops-new'), 'utf8')).toContain('## Infrastructure');
    expect(await fs.readFile(path.join(folder, 'README.md'), 'utf8')).toBe('# Churn\n');
    expect(await fs.readFile(path.join(folder, 'pyproject.toml'), 'utf8')).toContain('tasks/1-');
  });

  test('leaves a pyproject.toml that does not parse alone, and puts ours beside it', async () => {
    const folder = await newFolder('work');
    await writeFiles(folder, { 'pyproject.toml': '[project\n' });
    expect((await command(folder, '--adopt --yes --level 0')).code).toBe(3);
    expect(await fs.readFile(path.join(folder, 'pyproject.toml'), 'utf8')).toBe('[project\n');
    expect(await fs.pathExists(path.join(folder, 'pyproject.toml.ds-devops-new'))).toBe(true);
  });
});

describe('a lost state', () => {
  test.each([
    ['the lock is gone', (folder: string) => fs.remove(path.join(folder, lockFile)), /is missing/],
    ['the lock is damaged', (folder: string) => fs.writeFile(path.join(folder, lockFile), '<<<<<<<'), /is damaged/],
    ['the answers are gone', (folder: string) => fs.remove(path.join(folder, storedFile)), /has no answers/],
  ])('%s: is explained, and --adopt is the way back', async (_, lose, message) => {
    const folder = await newFolder();
    await command(folder, '--yes --level 2');
    const whole = await snapshot(folder);
    await fs.appendFile(path.join(folder, 'README.md'), '\nmine\n');
    await lose(folder);
    const { code, err } = await command(folder, '');
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(message) });
    expect(err).toMatch(/--adopt\n$/);
    const back = await command(folder, '--adopt --yes');
    const after = await snapshot(folder);
    expect(after['README.md']).toMatch(/mine\n$/);
    // Where the base is known still, an edit is an edit; where it is not, ours lies beside.
    expect(back.code).toBe(after['README.md.ds-devops-new'] === undefined ? 0 : 3);
    delete after['README.md.ds-devops-new'];
    expect({ ...after, 'README.md': whole['README.md'] }).toEqual(whole);
    expect((await command(folder, '--check')).code).toBe(0);
  });
});
