import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { Repository } from '../support/emitted.ts';
import { scratchFolder } from '../support/scratch.ts';

test(
  'a repository that its owner has edited climbs from 0 to 2, keeps the edits, and proves itself',
  async () => {
    const repository = await Repository.at(path.join(await scratchFolder(), 'demo'));
    const at = (file: string) => path.join(repository.folder, file);
    expect(await repository.generate('--level', '0')).toMatchObject({ exitCode: 0 });
    await fs.appendFile(at('README.md'), '\nThis is ours.\n');
    await fs.appendFile(at('pyproject.toml'), '\n[tool.ours]\nkey = 1\n');
    expect(await repository.generate('--level', '1')).toMatchObject({ exitCode: 0 });
    await fs.outputFile(at('docs/notes.md'), 'Notes.\n');
    expect(await repository.generate('--level', '2')).toMatchObject({ exitCode: 0 });
    expect(await fs.readFile(at('README.md'), 'utf8')).toMatch(/This is ours\.\n$/);
    expect(await fs.readFile(at('pyproject.toml'), 'utf8')).toMatch(/\[tool\.ours\]\nkey = 1\n$/);
    expect(await fs.readFile(at('docs/notes.md'), 'utf8')).toBe('Notes.\n');
    const { output, ...figures } = await repository.verify();
    if (figures.exitCode !== 0) throw new Error(output);
    expect(figures.failed).toBe(0);
  },
  20 * 60_000,
);
