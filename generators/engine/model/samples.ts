import { isUtf8 } from 'node:buffer';
import path from 'node:path';
import fs from 'fs-extra';
import { digest } from '../disk/digest.ts';
import { UserError } from '../errors.ts';

/** The formats of samples, and the file that holds them in a repository. */
export const sampleFiles = { csv: 'data/samples.csv', parquet: 'data/samples.parquet' };

/** What the answer `samples` is where a repository has none. */
export const noSamples = 'none';

export type SampleFormat = keyof typeof sampleFiles;

export const isSampleFormat = (name: unknown): name is SampleFormat => Object.keys(sampleFiles).includes(String(name));

/** Rows of the kind that the model is asked, which the user hands over. */
export interface HandedSamples {
  readonly samples: SampleFormat;
  readonly samplesSha256: string;
  readonly samplesContent: Buffer;
}

const largest = 50 * 2 ** 20;
const allowed = 'CSV in UTF-8 with a header line, or Parquet';

/**
 * Reads rows to test a model with. Only their form is looked at here: whether the model can take them is for the
 * emitted `poe samples`, which has the model.
 *
 * @throws UserError if the file cannot be read, is too large for git, or is neither CSV nor Parquet.
 */
export async function readSamples(typed: string, cwd: string): Promise<HandedSamples> {
  const file = path.resolve(cwd, typed);
  const shown = `--samples ${JSON.stringify(typed)}`;
  const refuse = (what: string) => new UserError(`${shown} ${what}`);
  const unreadable = (error: NodeJS.ErrnoException) => {
    throw refuse(`cannot be read (${error.code}): give the path of a file of ${allowed}`);
  };
  const stat = await fs.stat(file).catch(unreadable);
  if (!stat.isFile()) throw refuse(`is ${stat.isDirectory() ? 'a folder' : 'no file'}: give a file of ${allowed}`);
  if (stat.size > largest)
    throw refuse(
      `has ${Math.ceil(stat.size / 2 ** 20)} MiB, and at most ${largest / 2 ** 20} are taken: give fewer rows, a few thousand tell as much`,
    );
  const samplesContent = await fs.readFile(file).catch(unreadable);
  return { samples: recognise(samplesContent, refuse), samplesSha256: digest(samplesContent), samplesContent };
}

type Refuse = (what: string) => UserError;

/** The format, told by what is in the file. */
function recognise(bytes: Buffer, refuse: Refuse): SampleFormat {
  if (bytes.length === 0) throw refuse(`is empty: give ${allowed}`);
  const [head, tail] = [bytes.toString('latin1', 0, 4), bytes.toString('latin1', Math.max(4, bytes.length - 4))];
  if (head === 'PARE' || tail === 'PARE') throw refuse('is encrypted Parquet: write it without encryption');
  if (head === 'PAR1') {
    if (tail === 'PAR1') return 'parquet';
    throw refuse('begins as Parquet and does not end so: it is cut off; write or copy it again');
  }
  if (!isUtf8(bytes) || bytes.includes(0)) throw refuse(`is neither text in UTF-8 nor Parquet: give ${allowed}`);
  const [header = '', ...rows] = lines(bytes);
  if (/^\s*[[{<]/.test(header)) throw refuse(`looks like JSON or markup: give ${allowed}`);
  // A header of numbers is the first row of a file without one.
  if (header.split(/[,;\t]/).every((field) => field.trim() === '' || Number.isFinite(Number(field))))
    throw refuse(`has no header line with the columns' names: give ${allowed}`);
  if (rows.length === 0) throw refuse('has a header line and no row: give some rows, a few thousand are plenty');
  return 'csv';
}

/** The first two lines that are not blank. */
function lines(bytes: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at < bytes.length && found.length < 2; ) {
    const next = bytes.indexOf('\n', at);
    const end = next < 0 ? bytes.length : next;
    const line = bytes.toString('utf8', at, end).replace(/^\ufeff/, '');
    if (line.trim() !== '') found.push(line);
    at = end + 1;
  }
  return found;
}
