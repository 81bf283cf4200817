import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { installPacked, type Prefix } from '../support/packed.ts';

const minutes = 60_000;
let prefix: Prefix;
beforeAll(async () => {
  prefix = await installPacked();
}, 5 * minutes);
afterAll(() => fs.remove(prefix.folder));

/** The PATH without any uv on it, as on a machine that never had one. */
const withoutUv = async () => {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const free = await Promise.all(folders.map(async (folder) => !(await fs.pathExists(path.join(folder, 'uv')))));
  return [prefix.folder, ...folders.filter((folder, index) => free[index] && !folder.includes('node_modules'))].join(
    path.delimiter,
  );
};

test(
  'an ordinary user without uv gets a whole repository from the published package by yo, and it proves itself',
  async () => {
    const env = { PATH: await withoutUv() };
    const made = await prefix.run('yo', ['ds-devops', 'demo', '--level', '2', '--yes'], undefined, env);
    expect(made).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Next: cd demo && .venv/bin/uv run poe verify'),
    });
    const root = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {};
    const verified = await execa('.venv/bin/uv', ['run', '--quiet', 'poe', '--quiet', 'verify'], {
      cwd: path.join(prefix.folder, 'home/demo'),
      reject: false,
      all: true,
      env: { ...env, CI: 'true', HOME: path.join(prefix.folder, 'home'), VIRTUAL_ENV: undefined },
      ...root,
    });
    if (verified.exitCode !== 0) throw new Error(verified.all);
    expect(verified.all).toMatch(/\n\d+ passed, 0 failed, \d+ skipped$/);
  },
  12 * minutes,
);
