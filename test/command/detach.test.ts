import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder } from '../support/folder.ts';

const started = async () => {
  const folder = await newFolder();
  await command(folder, '--yes --level 0');
  return { folder, read: (file: string) => fs.readFile(path.join(folder, file), 'utf8') };
};

test('detached files are never written again, however often one comes back', async () => {
  const { folder, read } = await started();
  const before = [await read('README.md'), await read('pyproject.toml')];
  const { code, out } = await command(folder, '--detach README.md --detach ./pyproject.toml --level 1');
  expect(code).toBe(0);
  expect(out).toContain('detached: README.md: yours for good: it is never written again');
  expect(out).toMatch(/0 Service .*2 detached/);
  expect((await command(folder, '--level 2')).out).toMatch(/0 Service .*2 detached/);
  expect([await read('README.md'), await read('pyproject.toml')]).toEqual(before);
  expect((await command(folder, '--check')).code).toBe(0);
});

test('a file can be detached where its owner has moved it, and before it is there', async () => {
  const { folder, read } = await started();
  await fs.move(path.join(folder, 'README.md'), path.join(folder, 'docs/about.md'));
  expect((await command(folder, '--level 1 --detach README.md --detach Dockerfile')).code).toBe(0);
  expect(await fs.pathExists(path.join(folder, 'Dockerfile'))).toBe(false);
  expect(await read('docs/about.md')).not.toContain('## Infrastructure');
  expect((await command(folder, '--level 2')).code).toBe(0);
  expect(await fs.readdir(folder)).not.toContain('README.md');
});

test('a detached file stays so where another target does not have it, and the first one again', async () => {
  const folder = await newFolder();
  await command(folder, '--yes --level 1');
  const file = path.join(folder, 'infra/compose.yaml');
  await fs.appendFile(file, '# mine\n');
  const before = await fs.readFile(file, 'utf8');
  await command(folder, '--detach infra/compose.yaml');
  for (const target of ['kubernetes', 'local']) {
    expect((await command(folder, `--target ${target}`)).code).toBe(0);
    expect((await command(folder, '--check')).code).toBe(0);
    expect(await fs.readFile(file, 'utf8')).toBe(before);
  }
});

test('from a subfolder the path is as one sees it there', async () => {
  const { folder } = await started();
  const { code, out } = await command(path.join(folder, 'src'), '.. --detach demo/app.py');
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('detached: src/demo/app.py') });
});

test('what is in a detached file is of no concern, markers neither', async () => {
  const { folder } = await started();
  await command(folder, '--detach README.md');
  await fs.writeFile(path.join(folder, 'README.md'), '<<<<<<< yours\na\n=======\nb\n>>>>>>> ds-devops level 1\n');
  expect((await command(folder, '--level 1')).code).toBe(0);
});
