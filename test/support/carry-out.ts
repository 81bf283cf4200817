// Carries out, on the folder that is its argument, changes of every kind: what test/proof/killed.test.ts kills.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { apply } from '../../generators/engine/disk/apply.ts';
import { digest } from '../../generators/engine/disk/digest.ts';
import { resume } from '../../generators/engine/disk/journal.ts';

const root = process.argv[2] as string;
const write = (file: string, text: string, executable = false) => ({
  path: file,
  content: Buffer.from(text),
  executable,
});
const done = async () => (await readFile(path.join(root, 'lock'), 'utf8')) === 'new';
if (!(await resume(root, true)) && !(await done())) {
  const removals = ['file', 'folder/a', 'folder/b', 'Case.md'];
  const writes = [write('file/now', '1'), write('folder', '2'), write('case.md', '3'), write('run', 'new', true)];
  const last = [write('answers', 'new'), write('lock', 'new')];
  const before = new Map<string, string>();
  for (const { path: file } of [...removals.map((each) => ({ path: each })), ...writes, ...last]) {
    const content = await readFile(path.join(root, file)).catch(() => undefined);
    if (content) before.set(file, digest(content));
  }
  await apply(root, { writes, removals, last, before });
}
