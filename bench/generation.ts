// Times whole processes, from start to exit, as a person feels them: `npm run bench [-- RUNS]`. Nothing is installed
// and the network is not used; each fresh run gets an empty folder. Prints minimum, median and maximum in seconds.
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import fs from 'fs-extra';
import { highestLevel } from '../generators/engine/render/stages.ts';

const runs = Number(process.argv[2] ?? 11);
const scratch = await fs.mkdtemp(path.join(os.tmpdir(), 'ds-devops-bench-'));
const bin = path.resolve('generators/cli.ts');

async function seconds(program: string, args: readonly string[], cwd = scratch): Promise<number> {
  const start = performance.now();
  await execa(program, args, { cwd, stdin: 'ignore', preferLocal: true, localDir: path.resolve('.') });
  return (performance.now() - start) / 1000;
}

async function report(what: string, once: (run: number) => Promise<number>): Promise<void> {
  // The first run fills the caches of the file system and of compiled code; it is not counted.
  await once(-1);
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) times.push(await once(run));
  times.sort((a, b) => a - b);
  const figures = [times[0], times[Math.floor(runs / 2)], times.at(-1)].map((time) => time?.toFixed(3));
  console.log(`${what.padEnd(44)} ${figures.join('  ')}`);
}

const generate = (folder: string, level: number) => [bin, folder, '--yes', '--skip-install', '--level', String(level)];

try {
  console.log(`${`${runs} runs, Node ${process.versions.node}`.padEnd(44)} min    median max`);
  await report('bare node', () => seconds('node', ['-e', '0']));
  for (let level = 0; level <= highestLevel; level += 1)
    await report(`ds-devops, new repository, level ${level}`, (run) =>
      seconds('node', generate(`l${level}-${run}`, level)),
    );
  await seconds('node', generate('again', highestLevel));
  await report(`ds-devops, untouched repository, level ${highestLevel}`, () =>
    seconds('node', generate('again', highestLevel)),
  );
  await seconds('node', generate('again-2', 2));
  await report('ds-devops, untouched repository, level 2', () => seconds('node', generate('again-2', 2)));
  await report('ds-devops --help', () => seconds('node', [bin, '--help']));
  if (process.getuid?.() === 0) console.log('yo ds-devops: skipped, since yo gives up root and may not write here');
  else
    await report(`yo ds-devops, new repository, level ${highestLevel}`, async (run) => {
      await fs.ensureSymlink(path.resolve('.'), path.join(scratch, 'node_modules/generator-ds-devops'));
      return seconds('yo', ['ds-devops', `yo-${run}`, '--yes', '--skip-install', '--level', String(highestLevel)]);
    });
} finally {
  await fs.remove(scratch);
}
