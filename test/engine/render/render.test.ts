import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import type { Answers } from '../../../generators/engine/answers/answers.ts';
import { type Pack, readPack } from '../../../generators/engine/render/packs.ts';
import { render as renderComposed } from '../../../generators/engine/render/render.ts';
import { newFolder, writeFiles } from '../../support/folder.ts';

const answers: Answers = {
  name: 'my-model',
  packageName: 'my_model',
  level: 1,
  target: 'local',
  ci: 'github',
  model: 'example',
  samples: 'none',
};

async function pack(files: Record<string, string | Buffer>, name = 'p') {
  const folder = await newFolder(name);
  await writeFiles(folder, { 'pack.yaml': `name: ${name}\nversion: 1.0.0\n`, ...files });
  return readPack(folder);
}
const render = (packs: readonly Pack[], given: Answers) =>
  renderComposed({ packs, questions: [], settled: new Map() }, given);
const texts = async (...packs: Awaited<ReturnType<typeof pack>>[]) =>
  Object.fromEntries(
    [...(await render(packs, answers))].map(([file, { content }]) => [file, content?.toString('latin1')]),
  );

test('templates see the answers, and escape nothing', async () => {
  const p = await pack({ '0-service/a.txt.ejs': '<%= name %> <%= "<&>" %> <% if (level > 0) { %>up<% } %>' });
  expect(await texts(p)).toEqual({ 'a.txt': 'my-model <&> up' });
});

test('answers stand in paths, and other double underscores are left alone', async () => {
  const p = await pack({ '0-service/src/__packageName__/__init__.py.ejs': '' });
  expect(Object.keys(await texts(p))).toEqual(['src/my_model/__init__.py']);
});

test('a stage above the level, and a folder whose answer is another, are left out', async () => {
  const p = await pack({
    '1-infrastructure/target=local/compose.yaml.ejs': '',
    '1-infrastructure/target=kubernetes/deployment.yaml.ejs': '',
    '2-integration/workflow.yml.ejs': '',
  });
  expect(Object.keys(await texts(p))).toEqual(['compose.yaml']);
});

test.each([
  ['example', 'none', ['all', 'judged', 'training']],
  ['onnx', 'csv', ['all', 'judged']],
  ['onnx', 'none', ['all']],
])('the model %s with the samples %s has the rows that a folder may ask for', async (model, samples, emitted) => {
  const p = await pack({
    '0-service/all': '',
    '0-service/rows=training,samples/judged': '',
    '0-service/rows=training/training': '',
  });
  const tree = await render([p], { ...answers, model, samples });
  expect([...tree.keys()].filter((file) => !/^(model|data)\//.test(file))).toEqual(emitted);
});

test('a slot is filled by every stage and pack, in order', async () => {
  const first = await pack({
    '0-service/list.ejs': "first\n<%- slot('items') %>last\n",
    '0-service/slots/items.ejs': '<%= name %> 0\n',
    '1-infrastructure/slots/items.ejs': '1\n',
    '2-integration/slots/items.ejs': '2\n',
  });
  const second = await pack({ '0-service/slots/items.ejs': 'another pack\n' }, 'q');
  expect(await texts(first, second)).toEqual({ list: 'first\nmy-model 0\n1\nanother pack\nlast\n' });
});

test("a later pack's file takes the place of an earlier one's", async () => {
  const tree = await render(
    [await pack({ '0-service/a.ejs': '1' }), await pack({ '0-service/a.ejs': '2' }, 'q')],
    answers,
  );
  expect(tree.get('a')).toMatchObject({ content: Buffer.from('2'), pack: 'q' });
});

test('bytes without .ejs are copied as they are, and executable bits travel', async () => {
  const p = await pack({ '0-service/data.bin': Buffer.from([0, 255, 60, 37]), '0-service/run.sh.ejs': '' });
  await fs.chmod(path.join(p.folder, '0-service/run.sh.ejs'), 0o755);
  const tree = await render([await readPack(p.folder)], answers);
  expect(tree.get('data.bin')).toMatchObject({ content: Buffer.from([0, 255, 60, 37]), executable: false });
  expect(tree.get('run.sh')?.executable).toBe(true);
});

test('a template that names an unknown variable is refused with its file', async () => {
  const p = await pack({ '0-service/a.txt.ejs': '<%= nobody %>' });
  await expect(render([p], answers)).rejects.toThrow(
    /the pack p: .*a\.txt\.ejs:1 cannot be rendered: nobody is not defined/,
  );
});

test('what is rendered has line feeds alone, on whatever system its pack was checked out', async () => {
  const p = await pack({ '0-service/a.ejs': '\ufeffone\r\n<%= name %>\r\n', '0-service/b.bat': 'one\r\n' });
  expect(await texts(p)).toEqual({ a: 'one\nmy-model\n', 'b.bat': 'one\r\n' });
});

test('a folder without a pack.yaml is no pack', async () => {
  await expect(readPack(await newFolder())).rejects.toThrow(/is no template pack/);
});

test('a handed-over model is emitted by its hash, with its bytes in the run that hands it over', async () => {
  const content = Buffer.from('onnx');
  const handed = { ...answers, model: 'onnx', modelSha256: 'f'.repeat(64) };
  const p = await pack({});
  expect((await render([p], { ...handed, modelContent: content })).get('model/model.onnx')).toMatchObject({
    content,
    byHash: true,
  });
  expect((await render([p], handed)).get('model/model.onnx')).not.toHaveProperty('content');
});
