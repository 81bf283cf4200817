import os from 'node:os';
import path from 'node:path';
import { afterEach } from '@jest/globals';
import fs from 'fs-extra';

const made: string[] = [];

/** A new empty folder that is gone after the test. */
export async function newFolder(name = 'demo'): Promise<string> {
  const above = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), 'ds-devops-'));
  made.push(above);
  const folder = path.join(above, name);
  await fs.mkdirp(folder);
  return folder;
}

afterEach(async () => {
  for (const folder of made.splice(0)) await fs.remove(folder);
});

/** Writes files given as path → text, below a folder. */
export async function writeFiles(folder: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [file, content] of Object.entries(files)) await fs.outputFile(path.join(folder, file), content);
}

/** Every file below a folder, path → mode and bytes, links as what they point to: for comparing whole trees. */
export async function snapshot(folder: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  const read = async (file: string) => {
    const stat = await fs.lstat(file);
    if (stat.isSymbolicLink()) return `-> ${await fs.readlink(file)}`;
    return `${(stat.mode & 0o777).toString(8)} ${(await fs.readFile(file)).toString('latin1')}`;
  };
  const pairs = files.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    return [path.relative(folder, file), await read(file)] as const;
  });
  return Object.fromEntries((await Promise.all(pairs)).sort(([a], [b]) => (a < b ? -1 : 1)));
}
