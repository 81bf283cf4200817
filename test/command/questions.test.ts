import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { storedFile } from '../../generators/engine/answers/stored.ts';
import { command, person } from '../support/command.ts';
import { newFolder, snapshot } from '../support/folder.ts';

const messages = (asked: ReadonlyArray<{ message: string }>) => asked.map(({ message }) => message);

test('on a terminal a new repository is asked for each answer that no flag gives, defaults offered', async () => {
  const folder = await newFolder();
  const { prompt, asked } = person(undefined, undefined, 1, 'other-name');
  expect((await command(folder, '', { prompt })).code).toBe(0);
  expect(messages(asked)).toEqual(['Where it runs', 'What runs its tests', 'How far up the ladder', 'Its name']);
  expect(asked.map(({ offered }) => offered)).toEqual(['local', 'github', 3, 'demo']);
  expect((await fs.readJson(path.join(folder, storedFile)))['generator-ds-devops']).toMatchObject({
    level: 1,
    target: 'local',
    name: 'other-name',
  });
});

test('what a flag says is not asked, and --yes asks nothing', async () => {
  const { prompt, asked } = person();
  await command(await newFolder(), '--level 0 --name x --ci github', { prompt });
  expect(messages(asked)).toEqual(['Where it runs']);
  const silent = person();
  await command(await newFolder(), '--yes', { prompt: silent.prompt });
  expect(silent.asked).toEqual([]);
});

test('a re-run on a terminal offers only the next step, and no lower one', async () => {
  const folder = await newFolder();
  await command(folder, '--level 0 --yes');
  const { prompt, asked } = person();
  expect((await command(folder, '', { prompt })).code).toBe(0);
  expect(asked).toHaveLength(1);
  expect(asked[0]?.offered).toBe(1);
  expect(asked[0]?.choices?.map(({ value }) => value)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect((await fs.readJson(path.join(folder, storedFile)))['generator-ds-devops'].level).toBe(1);
  const again = person();
  await command(folder, '--level 2', { prompt: again.prompt });
  expect(again.asked).toEqual([]);
});

test('Ctrl-C at a question ends with 130 and nothing written', async () => {
  const folder = await newFolder();
  const prompt = async () => {
    throw Object.assign(new Error('User force closed the prompt'), { name: 'ExitPromptError' });
  };
  expect(await command(folder, '', { prompt })).toEqual({ code: 130, out: '', err: '' });
  expect(await snapshot(folder)).toEqual({});
});
