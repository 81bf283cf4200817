import path from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { npmRegistry, type Registry } from '../support/npm-registry.ts';
import { installPacked } from '../support/packed.ts';
import { scratchFolder } from '../support/scratch.ts';
import { pathWithUv } from '../support/uv.ts';

const minutes = 60_000;
const found = await npmRegistry(await scratchFolder());
const missing = 'missing' in found && found.missing;
const registry = found as Registry;
afterAll(async () => {
  if (!missing) await registry.stop();
});

(missing ? test.skip : test)(
  `the five commands of the documentation take a new user from nothing to a published pack${missing ? ` (${missing})` : ''}`,
  async () => {
    const prefix = await installPacked();
    try {
      const home = path.join(prefix.folder, 'home');
      const token = `${registry.url.replace('http:', '')}:_authToken=${registry.token}\n`;
      await fs.writeFile(path.join(home, '.npmrc'), `registry=${registry.url}\n${token}`);
      const text = await fs.readFile('docs/packs.md', 'utf8');
      const block = /## A pack from nothing\n\n```sh\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
      const [install, ...commands] = block.trim().split('\n');
      expect(commands).toHaveLength(4);
      // What is not published yet is in the prefix.
      expect(install).toBe('npm install --global generator-ds-devops');
      const own = Object.entries(process.env).filter(([name]) => !/^npm_|^DS_DEVOPS_|^XDG_/i.test(name));
      const PATH = `${prefix.folder}/node_modules/.bin:${await pathWithUv()}`;
      // A home of their own, but for what uv has fetched before.
      const { stdout: UV_CACHE_DIR } = await execa('uv', ['cache', 'dir'], { env: { PATH } });
      const env = { ...Object.fromEntries(own), HOME: home, PATH, UV_CACHE_DIR };
      const said: string[] = [];
      for (const command of commands) {
        const ran = await execa('sh', ['-c', command], {
          cwd: home,
          env,
          extendEnv: false,
          reject: false,
          stdin: 'ignore',
        });
        if (ran.exitCode !== 0) throw new Error(`${command}: ${ran.stdout}\n${ran.stderr}`);
        said.push(ran.stdout);
      }
      expect(said[1]).toMatch(
        /^platform 0\.1\.0: rendered 3 times, .*\nthe linters find nothing in any of it\nlevel 1, target local, CI github: \d+ passed, 0 failed, /,
      );
      expect(said[3]).toMatch(/^demo: level 3, target local, CI github, pack platform 0\.1\.0, in demo\n/);
      const { packs } = await fs.readJson(path.join(home, 'demo/.ds-devops.lock.json'));
      expect(packs.platform).toMatchObject({ version: '0.1.0', source: 'npm:ds-devops-pack-platform' });

      // What the linters find is told before anything long is run.
      await fs.outputFile(path.join(home, 'platform/1-infrastructure/tasks/owner.py.ejs'), 'import os\n');
      const typed = { cwd: home, env, extendEnv: false, reject: false, stdin: 'ignore' } as const;
      const broken = await execa('sh', ['-c', commands[1] as string], typed);
      expect(broken).toMatchObject({
        exitCode: 1,
        stdout: expect.stringMatching(/the linters find something; what failed is above, the repository is \S+$/),
        stderr: expect.stringMatching(/1-local-github\/tasks\/owner\.py:1:8: F401/),
      });
      await fs.remove(path.dirname(/\S+$/.exec(broken.stdout)?.[0] ?? home));
    } finally {
      await fs.remove(prefix.folder);
    }
  },
  10 * minutes,
);
