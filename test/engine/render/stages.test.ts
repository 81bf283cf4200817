import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { builtInFolder, readPack } from '../../../generators/engine/render/packs.ts';
import { highestLevel, stages } from '../../../generators/engine/render/stages.ts';

test('the ladder has seven rungs in order, and templates for those that this version has', async () => {
  expect(stages.map(({ level }) => level)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const there = await Promise.all(stages.map(({ folder }) => fs.pathExists(path.join(builtInFolder, folder))));
  expect(there.lastIndexOf(true)).toBe(highestLevel);
});

test("the built-in pack has the generator's version", async () => {
  const { version } = await fs.readJson('package.json');
  expect((await readPack(builtInFolder)).version).toBe(version);
});
