import { gunzipSync } from 'node:zlib';
import { UserError } from '../engine/errors.ts';
import { largestPack } from '../engine/packs.ts';
import { emitsFrom, type PackFile, refuseEscape, tooLarge } from './files.ts';

// Offsets and types of a tar header (POSIX.1-1988 ustar, and the pax headers of 2001).
const block = 512;
const types = { file: ['0', '\0', '7'], folder: '5', pax: 'x', paxForAll: 'g', longName: 'L' };

/**
 * What a pack emits from, out of the archive that npm fetched: read in memory, so that nothing is written before all of it
 * was looked at.
 *
 * @param told how the pack is called in messages.
 * @throws UserError for a path that leads out, a link, anything else that is no file, or more than a pack can be.
 */
export function filesOf(archive: Buffer, told: string): PackFile[] {
  const tar = inflated(archive, told);
  const files = new Map<string, PackFile>();
  let said: Readonly<Record<string, string>> = {};
  for (let at = 0; at + block <= tar.length && tar[at] !== 0; ) {
    const header = tar.subarray(at, at + block);
    const size = Number.parseInt(text(header, 124, 12).trim() || '0', 8);
    const type = String.fromCharCode(header[156] as number);
    const content = tar.subarray(at + block, at + block + size);
    if (!(size >= 0) || content.length < size) throw damaged(told);
    at += block + Math.ceil(size / block) * block;
    if (type === types.paxForAll) continue;
    if (type === types.pax || type === types.longName) {
      said = type === types.pax ? paxRecords(content, told) : { path: text(content, 0, size) };
      continue;
    }
    const named = said.path ?? [text(header, 345, 155), text(header, 0, 100)].filter(Boolean).join('/');
    // Another size than the header's is for files of 8 GiB and more, or for hiding one file in another.
    if (said.size !== undefined && Number(said.size) !== size) throw damaged(told);
    said = {};
    const path = named.replace(/^[^/]+\//, '');
    if (type === types.folder) continue;
    refuseEscape(told, named.startsWith('/') ? named : path);
    if (!types.file.includes(type))
      throw new UserError(
        `${told}: its file ${JSON.stringify(path)} is a link or no regular file: nothing of it was taken`,
      );
    if (files.has(path)) throw new UserError(`${told} holds ${JSON.stringify(path)} twice: nothing of it was taken`);
    const executable = (Number.parseInt(text(header, 100, 8).trim() || '0', 8) & 0o100) !== 0;
    files.set(path, { path, executable, content });
    if (files.size > largestPack.files) throw tooLarge(told);
  }
  return [...files.values()].filter(({ path }) => emitsFrom(path));
}

function inflated(archive: Buffer, told: string): Buffer {
  // Each file has a header and is filled up to whole blocks.
  const most = largestPack.bytes + largestPack.files * 2 * block;
  try {
    return gunzipSync(archive, { maxOutputLength: most });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(told) : damaged(told);
  }
}

const damaged = (told: string) =>
  new UserError(`${told} is no archive of npm that can be read: nothing of it was taken`);

const text = (bytes: Buffer, at: number, length: number): string =>
  bytes.toString('utf8', at, at + length).replace(/\0[\s\S]*$/, '');

/** What a pax header says of the file after it, in records `LENGTH KEY=VALUE\n`. */
function paxRecords(content: Buffer, told: string): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const length = Number.parseInt(content.toString('latin1', at, at + 20), 10);
    const [, key, value] = /^\d+ ([^=]+)=([\s\S]*)$/.exec(content.toString('utf8', at, at + length - 1)) ?? [];
    if (!(length > 0) || key === undefined || value === undefined) throw damaged(told);
    records[key] = value;
    at += length;
  }
  return records;
}
