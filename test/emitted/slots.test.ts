import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { builtInFolder, readPack } from '../../generators/engine/render/packs.ts';
import { slotsOf } from '../../generators/engine/render/slots.ts';
import { slotsPage } from '../../scripts/slots.ts';

test('the list of slots in the documentation is that of the templates (npm run docs writes it)', async () => {
  expect(await fs.readFile('docs/slots.md', 'utf8')).toBe(await slotsPage());
});

test('every slot says what it is for, in one place or in all with the same words', async () => {
  const slots = await slotsOf([await readPack(builtInFolder)]);
  for (const [name, all] of Map.groupBy(slots, (slot) => slot.name))
    expect([name, new Set(all.map(({ purpose }) => purpose)).size, all[0]?.purpose !== '']).toEqual([name, 1, true]);
});

test('every call of a slot is found, whatever stands around it', async () => {
  const { templates } = await readPack(builtInFolder);
  const texts = await Promise.all(
    templates.filter(({ rendered }) => rendered).map(({ source }) => fs.readFile(source, 'utf8')),
  );
  const calls = texts.join('').match(/<%.*\b(slot|override)\('/g) ?? [];
  expect(await slotsOf([await readPack(builtInFolder)])).toHaveLength(calls.length);
});
