import path from 'node:path';
import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { digest } from '../../../generators/engine/disk/digest.ts';
import { readSamples } from '../../../generators/engine/model/samples.ts';
import { newFolder, writeFiles } from '../../support/folder.ts';

const parquet = (inner = '', head = 'PAR1', tail = 'PAR1') => Buffer.from(`${head}${inner}${tail}`, 'latin1');

async function reading(content: string | Buffer) {
  const folder = await newFolder();
  await writeFiles(folder, { 'rows.txt': content });
  return readSamples('rows.txt', folder);
}

test.each([
  ['csv', 'a,b\n1,2\n'],
  ['csv', '\ufeffa;b\r\n1;2\r\n'],
  ['csv', '\n\na\n1'],
  ['csv', 'été,"b\nc"\n1,2\n'],
  ['parquet', parquet('\0\xff')],
])('%s is told by what is in the file, whatever its name', async (format, content) => {
  const bytes = Buffer.from(content as string);
  expect(await reading(content)).toEqual({ samples: format, samplesSha256: digest(bytes), samplesContent: bytes });
});

test.each([
  ['nothing', '', /is empty: give CSV in UTF-8 with a header line, or Parquet$/],
  ['white space', ' \n\n', /has no header line/],
  ['a header alone', 'a,b\n\n', /has a header line and no row: give some rows/],
  ['no header', '1,2\n3,4\n', /has no header line with the columns' names/],
  ['another encoding', Buffer.from('a,\xe9\n1,2\n', 'latin1'), /is neither text in UTF-8 nor Parquet/],
  ['a NUL', 'a,b\n1,\0\n', /is neither text in UTF-8 nor Parquet/],
  ['JSON', '[{"a": 1}]\n{}\n', /looks like JSON or markup/],
  ['half of Parquet', parquet('x', 'PAR1', ''), /begins as Parquet and does not end so: it is cut off/],
  ['four bytes', 'PAR1', /it is cut off/],
  ['encrypted Parquet', parquet('x', 'PARE', 'PARE'), /is encrypted Parquet: write it without encryption/],
  ['Parquet with encrypted columns', parquet('x', 'PAR1', 'PARE'), /is encrypted Parquet/],
])('%s is refused in one line with what is allowed', async (_, content, message) => {
  await expect(reading(content)).rejects.toThrow(message);
  await expect(reading(content)).rejects.toThrow(/^--samples "rows.txt" [^\n]+$/);
});

test('what is no file, or too large for git, is not read', async () => {
  const folder = await newFolder();
  await fs.mkdir(path.join(folder, 'rows'));
  await fs.writeFile(path.join(folder, 'large'), 'a\n');
  await fs.truncate(path.join(folder, 'large'), 50 * 2 ** 20 + 1);
  await expect(readSamples('none', folder)).rejects.toThrow(
    /--samples "none" cannot be read \(ENOENT\): give the path/,
  );
  await expect(readSamples('rows', folder)).rejects.toThrow(/--samples "rows" is a folder: give a file/);
  await expect(readSamples('large', folder)).rejects.toThrow(/has 51 MiB, and at most 50 are taken: give fewer rows/);
});
