import os from 'node:os';
import path from 'node:path';
import { afterAll } from '@jest/globals';
import fs from 'fs-extra';

/** A new empty folder that lives as long as the test file: for what several of its tests share. */
export async function scratchFolder(): Promise<string> {
  const folder = await fs.mkdtemp(path.join(await fs.realpath(os.tmpdir()), 'ds-devops-'));
  afterAllFolders.push(folder);
  return folder;
}

const afterAllFolders: string[] = [];
afterAll(async () => {
  for (const folder of afterAllFolders.splice(0)) await fs.remove(folder);
});
