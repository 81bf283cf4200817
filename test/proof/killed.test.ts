import path from 'node:path';
import { expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

const minutes = 60_000;
const preload = path.resolve('test/support/kill-at.mjs');

/** A program that is killed at a change: told as what it starts from and how it is called. */
interface Scene {
  readonly prepare: (folder: string) => Promise<void>;
  readonly argv: (folder: string) => string[];
  /** Every how many changes it is killed; 1 is each. */
  readonly every: number;
}

const run = (folder: string, argv: readonly string[], env: Record<string, string> = {}) =>
  execa('node', ['--import', preload, ...argv], {
    cwd: path.dirname(folder),
    env: { KILL_BELOW: folder, ...env },
    extendEnv: true,
    reject: false,
    all: true,
  });

async function started({ prepare }: Scene): Promise<string> {
  const folder = await newFolder('demo');
  await prepare(folder);
  return folder;
}

/** Two runs at once, since that is the number of cores. */
async function each<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const work = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await act(item);
  };
  await Promise.all([work(), work()]);
}

const cli = path.resolve('generators/cli.ts');
const scenes: [string, Scene][] = [
  [
    'changes of every kind, at each change',
    {
      prepare: (folder) =>
        writeFiles(folder, {
          file: 'old',
          'folder/a': 'old a',
          'folder/b': 'old b',
          'Case.md': '3',
          run: 'old',
          answers: 'old',
          lock: 'old',
          mine: 'mine',
        }),
      argv: (folder) => [path.resolve('test/support/carry-out.ts'), folder],
      every: 1,
    },
  ],
  [
    'a new repository, at every 3rd change',
    { prepare: async () => {}, argv: (folder) => [cli, folder, '--level', '0', '--yes', '--skip-install'], every: 3 },
  ],
  [
    'a climb in an edited repository, at every 2nd change',
    {
      prepare: async (folder) => {
        await run(folder, [cli, folder, '--level', '0', '--yes', '--skip-install']);
        await fs.appendFile(path.join(folder, 'README.md'), '\nour words\n');
        await fs.appendFile(path.join(folder, 'pyproject.toml'), '\n[tool.ours]\nkey = 1\n');
        await fs.remove(path.join(folder, 'slo.yaml'));
      },
      argv: (folder) => [cli, folder, '--level', '1', '--yes', '--skip-install'],
      every: 2,
    },
  ],
];

test.each(scenes)(
  'killed in %s: each file is wholly old or wholly new, and the same command finishes',
  async (_, scene) => {
    const whole = await started(scene);
    const before = await snapshot(whole);
    const count = `${whole}.count`;
    expect((await run(whole, scene.argv(whole), { KILL_COUNT: count })).exitCode).toBe(0);
    const after = await snapshot(whole);
    const changes = Number(await fs.readFile(count, 'utf8'));
    expect(changes).toBeGreaterThan(20);
    const moments = Array.from({ length: changes }, (_, index) => index + 1).filter((n) => n % scene.every === 0);
    let committed = 0;
    await each(
      moments.flatMap((at) => [
        { at, halfway: '' },
        { at, halfway: scene.every === 1 ? '1' : 'skip' },
      ]),
      async ({ at, halfway }) => {
        if (halfway === 'skip') return;
        const folder = await started(scene);
        const killed = await run(folder, scene.argv(folder), { KILL_AT: String(at), KILL_HALFWAY: halfway });
        expect(killed.signal).toBe('SIGKILL');
        for (const [file, content] of Object.entries(await snapshot(folder)))
          if (!file.startsWith('.ds-devops.run')) expect([before[file], after[file]]).toContain(content);
        committed += (await fs.pathExists(path.join(folder, '.ds-devops.run/journal.json'))) ? 1 : 0;
        const again = await run(folder, scene.argv(folder));
        expect({ at, code: again.exitCode, said: again.exitCode === 0 ? '' : again.all }).toEqual({
          at,
          code: 0,
          said: '',
        });
        expect(await snapshot(folder)).toEqual(after);
        await fs.remove(folder);
      },
    );
    // Both halves of the journal's promise were tried.
    expect(committed).toBeGreaterThan(3);
    expect(committed).toBeLessThan(moments.length);
  },
  8 * minutes,
);
