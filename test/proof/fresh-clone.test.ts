import path from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { scratchFolder } from '../support/scratch.ts';

test("on a fresh clone the README's command needs no more than the machine's own Node and npm", async () => {
  const folder = await scratchFolder();
  await execa('git', ['clone', '--quiet', path.resolve('.'), 'clone'], { cwd: folder });
  const PATH = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((each) => !each.includes('node_modules'))
    .join(path.delimiter);
  const env = {
    ...process.env,
    PATH,
    npm_lifecycle_event: undefined,
    npm_package_name: undefined,
    INIT_CWD: undefined,
    NODE_OPTIONS: undefined,
  };
  const { exitCode, all } = await execa('npm', ['start', '--', '../demo', '--level', '2', '--yes', '--skip-install'], {
    cwd: path.join(folder, 'clone'),
    env,
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
  });
  expect([exitCode, all]).toEqual([0, expect.stringContaining('demo: level 2, target local, CI github, in ../demo')]);
  expect(await fs.pathExists(path.join(folder, 'demo/pyproject.toml'))).toBe(true);
}, 300_000);
