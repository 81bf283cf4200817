import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, snapshot, writeFiles } from '../support/folder.ts';

/** A repository at a level, in which an owner then does something. */
async function living(level: number, live: (at: (file: string) => string, folder: string) => Promise<unknown>) {
  const folder = await newFolder();
  expect(await command(folder, `--yes --level ${level}`)).toMatchObject({ code: 0 });
  const at = (file: string) => path.join(folder, file);
  await live(at, folder);
  return { folder, at, read: (file: string) => fs.readFile(at(file), 'utf8') };
}

/** That the same command again changes nothing, and has nothing to say. */
async function expectSettled(folder: string) {
  const before = await snapshot(folder);
  expect(await command(folder, '--check')).toMatchObject({ code: 0 });
  expect(await command(folder, '--yes')).toMatchObject({ code: 0 });
  expect(await snapshot(folder)).toEqual(before);
}

const append = (file: string, text: string) => fs.appendFile(file, text);

describe('what the owner did stays', () => {
  test('a deleted file stays deleted, and it is said where its template has changed', async () => {
    const { folder, at } = await living(0, (file) => fs.remove(file('README.md')));
    const { code, out } = await command(folder, '--level 1');
    expect(code).toBe(0);
    expect(out).toContain('deleted: README.md: its template has changed since');
    expect(await fs.pathExists(at('README.md'))).toBe(false);
    await expectSettled(folder);
  });

  test('a moved and edited file gets what is new where it is now, also after it has become another one', async () => {
    const { folder, at, read } = await living(0, async (file) => {
      await fs.move(file('README.md'), file('docs/about.md'));
      await append(file('docs/about.md'), '\nmine\n');
    });
    const { code, out } = await command(folder, '--level 1');
    expect(code).toBe(0);
    expect(out).toContain('merged: README.md, which is docs/about.md now');
    expect(await fs.pathExists(at('README.md'))).toBe(false);
    expect(await read('docs/about.md')).toMatch(/mine\n$/);
    await append(at('docs/about.md'), 'quite another text\n'.repeat(400));
    expect((await command(folder, '--level 2')).out).toContain('README.md, which is docs/about.md now');
    await expectSettled(folder);
  });

  test('a moved folder takes its files along, new ones too', async () => {
    const { folder, at } = await living(1, (file) => fs.move(file('tests'), file('checks')));
    const fresh = await living(2, async () => {});
    expect((await command(folder, '--level 2')).code).toBe(0);
    expect(await fs.pathExists(at('tests'))).toBe(false);
    expect(Object.keys(await snapshot(at('checks')))).toEqual(Object.keys(await snapshot(fresh.at('tests'))));
    await expectSettled(folder);
  });

  test('an untouched move is no change by itself', async () => {
    const { folder } = await living(1, (file) => fs.move(file('README.md'), file('docs/README.md')));
    expect((await command(folder, '--check')).code).toBe(0);
    await expectSettled(folder);
  });

  test('an own file where a later stage has one', async () => {
    const { folder, read } = await living(0, (file) => fs.outputFile(file('.github/CODEOWNERS'), 'mine\n'));
    const { code, out } = await command(folder, '--level 2');
    expect(code).toBe(3);
    expect(out).toContain('conflict: .github/CODEOWNERS');
    expect(await read('.github/CODEOWNERS')).toBe('mine\n');
    expect(await fs.pathExists(path.join(folder, '.github/CODEOWNERS.ds-devops-new'))).toBe(true);
    await expectSettled(folder);
  });

  test('line ends, the byte order mark, a missing final newline, and bytes that are no UTF-8', async () => {
    const { folder, at, read } = await living(0, async (file) => {
      const readme = await fs.readFile(file('README.md'), 'utf8');
      await fs.writeFile(file('README.md'), `\uFEFF${readme.replaceAll('\n', '\r\n')}`);
      const project = await fs.readFile(file('pyproject.toml'));
      const comment = Buffer.from('# caf\xe9', 'latin1');
      await fs.writeFile(file('pyproject.toml'), Buffer.concat([project, comment]));
    });
    expect((await command(folder, '--level 2')).code).toBe(0);
    expect(await read('README.md')).toMatch(/^\uFEFF/);
    expect((await read('README.md')).replaceAll('\r\n', '')).not.toContain('\n');
    const project = await fs.readFile(at('pyproject.toml'), 'latin1');
    expect(project).toMatch(/# caf\xe9$/);
    expect(project).toContain('tasks/2-');
    await expectSettled(folder);
  });

  test('executable bits and read-only files', async () => {
    const { folder, at } = await living(0, async (file) => {
      await fs.chmod(file('README.md'), 0o755);
      await append(file('pyproject.toml'), '# mine\n');
      await fs.chmod(file('pyproject.toml'), 0o444);
    });
    expect((await command(folder, '--level 1')).code).toBe(0);
    const mode = async (file: string) => ((await fs.stat(at(file))).mode & 0o777).toString(8);
    expect([await mode('README.md'), await mode('pyproject.toml')]).toEqual(['755', '444']);
    await expectSettled(folder);
  });

  test('a file that the owner made a folder, and a folder that they made a file', async () => {
    const { folder, at, read } = await living(0, async (file) => {
      await fs.remove(file('README.md'));
      await fs.outputFile(file('README.md/part'), 'mine');
      await fs.writeFile(file('tasks.bak'), 'mine');
      await fs.outputFile(file('.github'), 'mine');
    });
    const { code, out } = await command(folder, '--level 2');
    expect(code).toBe(3);
    expect(out).toContain('README.md is in the way: ours lies beside it as README.md.ds-devops-new');
    expect([await read('README.md/part'), await read('.github')]).toEqual(['mine', 'mine']);
    expect(await fs.pathExists(at('.github.ds-devops-new/workflows/integrate.yml'))).toBe(true);
    await expectSettled(folder);
  });

  test('links, to files and to folders, are neither followed nor replaced', async () => {
    const outside = await newFolder('outside');
    await writeFiles(outside, { 'README.md': 'far away\n' });
    const { folder } = await living(0, async (file) => {
      await fs.remove(file('README.md'));
      await fs.symlink(path.join(outside, 'README.md'), file('README.md'));
      await fs.symlink(outside, file('.github'));
    });
    expect((await command(folder, '--level 2')).code).toBe(3);
    expect(await snapshot(outside)).toEqual({ 'README.md': '644 far away\n' });
    const after = await snapshot(folder);
    expect(after['README.md']).toBe(`-> ${path.join(outside, 'README.md')}`);
    expect(after).toHaveProperty(['.github.ds-devops-new/workflows/integrate.yml']);
    await expectSettled(folder);
  });

  test('a name that differs in case only', async () => {
    const { folder, read } = await living(0, async (file) => {
      await fs.move(file('README.md'), file('Readme.md'));
      await append(file('Readme.md'), '\nmine\n');
    });
    expect((await command(folder, '--level 1')).code).toBe(0);
    expect(await read('Readme.md')).toMatch(/mine\n$/);
    expect(await fs.readdir(folder)).not.toContain('README.md');
    await expectSettled(folder);
  });

  test('a model of another content: bytes are never merged', async () => {
    const folder = await newFolder();
    const { identityOnnx } = await import('../support/onnx.ts');
    await writeFiles(path.dirname(folder), { 'm.onnx': identityOnnx() });
    await command(folder, '--yes --level 0 --model ../m.onnx');
    const mine = Buffer.from([0, 1, 2, 255]);
    await fs.writeFile(path.join(folder, 'model/model.onnx'), mine);
    await command(folder, '--level 1');
    expect(await fs.readFile(path.join(folder, 'model/model.onnx'))).toEqual(mine);
  });

  test('what git ignores is the owner’s as much as the rest', async () => {
    const { folder, read } = await living(0, async (file) => {
      await append(file('.gitignore'), '/slo.yaml\n.env\n');
      await fs.writeFile(file('slo.yaml'), '# mine\n');
      await fs.writeFile(file('.env'), 'TOKEN=mine\n');
    });
    expect((await command(folder, '--level 2')).code).toBe(0);
    expect([await read('slo.yaml'), await read('.env')]).toEqual(['# mine\n', 'TOKEN=mine\n']);
    await expectSettled(folder);
  });
});

describe('both sides', () => {
  test('appended to the same lists: both entries are there', async () => {
    const { folder, read } = await living(0, async (file) => {
      const text = await fs.readFile(file('pyproject.toml'), 'utf8');
      // Right behind the last entry of each list, where the next stage puts its own.
      await fs.writeFile(
        file('pyproject.toml'),
        text.replaceAll(/\n( *# yours below this line)/g, '\n  "mine-too>=1",\n$1'),
      );
    });
    const mine = (await read('pyproject.toml')).split('mine-too>=1').length;
    expect(mine).toBeGreaterThan(1);
    const { code, out } = await command(folder, '--level 2');
    expect({ code, out: code === 0 ? '' : out }).toEqual({ code: 0, out: '' });
    const text = await read('pyproject.toml');
    expect(text.split('mine-too>=1').length).toBe(mine);
    expect(text).toContain('tasks/1-');
    expect(text).toContain('tasks/2-');
    await expectSettled(folder);
  });

  test('changed the same lines: markers with names, a list of places, exit 3, and no second run over them', async () => {
    const { folder, at, read } = await living(0, async (file) => {
      const text = await fs.readFile(file('README.md'), 'utf8');
      await fs.writeFile(
        file('README.md'),
        text.replace(
          '<!-- Your own sections go below this line -->',
          'My section, where the next stage has its own.\n\n<!-- Your own sections go below this line -->',
        ),
      );
    });
    const { code, out } = await command(folder, '--level 1');
    expect(code).toBe(3);
    expect(out).toMatch(/conflict: README\.md: .*line \d+/);
    expect(await read('README.md')).toMatch(/<<<<<<< yours\n[\s\S]*=======\n[\s\S]*>>>>>>> ds-devops level 1\n/);
    const before = await snapshot(folder);
    const again = await command(folder, '--level 2');
    expect(again).toMatchObject({ code: 1, err: expect.stringMatching(/README\.md:\d+ still holds conflict markers/) });
    expect(await snapshot(folder)).toEqual(before);
    await fs.writeFile(at('README.md'), 'resolved\n');
    expect((await command(folder, '--level 1')).code).toBe(0);
  });
});

describe('another name', () => {
  test('takes the edits along to the new paths', async () => {
    const { folder, at, read } = await living(1, (file) => append(file('src/demo/app.py'), '\n# mine\n'));
    await fs.writeFile(at('src/demo/own.py'), '# own\n');
    await fs.chmod(at('src/demo/settings.py'), 0o600);
    const { code } = await command(folder, '--name other');
    expect(code).toBe(0);
    expect(await read('src/other/app.py')).toMatch(/# mine\n$/);
    expect(await read('src/demo/own.py')).toBe('# own\n');
    expect((await fs.stat(at('src/other/settings.py'))).mode & 0o777).toBe(0o600);
    expect(Object.keys(await snapshot(at('src/demo')))).toEqual(['own.py']);
    await expectSettled(folder);
  });

  test('leaves an untouched repository as one that had it from the first day', async () => {
    const { folder } = await living(2, async () => {});
    expect((await command(folder, '--name other')).code).toBe(0);
    const fresh = await newFolder();
    await command(fresh, '--yes --level 2 --name other');
    expect(await snapshot(folder)).toEqual(await snapshot(fresh));
  });
});

describe('wherever the repository lies', () => {
  const git = (folder: string, ...args: string[]) =>
    execa('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], { cwd: folder });

  test('in a dirty tree, in a shallow clone, and in a subdirectory of a larger repository', async () => {
    const large = await newFolder('large');
    await git(large, 'init', '-q');
    const folder = path.join(large, 'services/demo');
    await command(large, 'services/demo --yes --level 0');
    await git(large, 'add', '-A');
    await git(large, 'commit', '-qm', 'one');
    await append(path.join(folder, 'README.md'), '\nmine\n');
    await git(large, 'commit', '-qam', 'two');
    const clone = path.join(path.dirname(large), 'clone');
    await git(large, 'clone', '-q', '--depth', '1', `file://${large}`, clone);
    await append(path.join(clone, 'services/demo/README.md'), 'not committed\n');
    expect((await command(path.join(clone, 'services/demo'), '--level 1')).code).toBe(0);
    expect(await fs.readFile(path.join(clone, 'services/demo/README.md'), 'utf8')).toMatch(/mine\nnot committed\n$/);
    await expectSettled(path.join(clone, 'services/demo'));
  });
});

test('--dry-run shows what would change in the files that are there, as a diff that git can apply', async () => {
  const { folder } = await living(0, (file) => append(file('README.md'), '\nmine\n'));
  const { out } = await command(folder, '--level 1 --dry-run');
  expect(out).toMatch(/--- a\/README\.md\n\+\+\+ b\/README\.md\n@@ /);
  expect(out).not.toContain('+++ b/Dockerfile');
  const before = await fs.readFile(path.join(folder, 'README.md'), 'utf8');
  await execa('git', ['apply', '-'], { cwd: folder, input: out.slice(0, out.indexOf('\ndemo: level') + 1) });
  const patched = await fs.readFile(path.join(folder, 'README.md'), 'utf8');
  await fs.writeFile(path.join(folder, 'README.md'), before);
  await fs.writeFile(path.join(folder, 'pyproject.toml'), await original(folder));
  await command(folder, '--level 1');
  expect(await fs.readFile(path.join(folder, 'README.md'), 'utf8')).toBe(patched);
});

/** pyproject.toml as level 0 has it. */
async function original(folder: string): Promise<string> {
  const fresh = await newFolder(path.basename(folder));
  await command(fresh, '--yes --level 0');
  return fs.readFile(path.join(fresh, 'pyproject.toml'), 'utf8');
}
