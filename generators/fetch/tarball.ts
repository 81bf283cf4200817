import { gunzipSync } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { UserError } from '../engine/errors.ts';
import { largestPack } from '../engine/render/packs.ts';
import { emitsFrom, type PackFile, refuseEscape, tooLarge } from './files.ts';

/** Bytes of the blocks that an archive is made of. */
const block = 512;
/** What gzip and zstd begin with. */
const packedHeaders = [Buffer.from([0x1f, 0x8b]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd])];
const fileTypes = ['File', 'OldFile', 'ContiguousFile'];

/**
 * What a pack emits from, out of the archive that npm fetched: read in memory, so that nothing is written before all of it
 * was looked at.
 *
 * @param told how the pack is called in messages.
 * @throws UserError for a path that leads out, a link, anything else that is no file, or more than a pack can be.
 */
export function filesOf(archive: Buffer, told: string): PackFile[] {
  const files = new Map<string, PackFile>();
  const bytes = inflated(archive, told);
  // The library would inflate it once more, without a limit.
  if (packedHeaders.some((header) => bytes.subarray(0, header.length).equals(header))) throw damaged(told);
  let size = 0;
  let problem: unknown;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      try {
        size += entry.size;
        if (size > largestPack.bytes) problem ??= tooLarge(told);
        if (!problem) take(entry, files, told);
      } catch (error) {
        problem = error;
      }
      entry.resume();
    },
  });
  parser.on('error', () => {
    problem ??= damaged(told);
  });
  parser.end(bytes);
  if (problem) throw problem;
  return [...files.values()].filter(({ path }) => emitsFrom(path));
}

function take(entry: ReadEntry, files: Map<string, PackFile>, told: string): void {
  // As the archive writes it: the library writes a backslash as a slash.
  const named = entry.extended?.path ?? entry.header.path ?? '';
  const path = named.replace(/^[^/]+\//, '');
  if (entry.type === 'Directory') return;
  refuseEscape(told, named.startsWith('/') ? named : path);
  if (!fileTypes.includes(entry.type))
    throw new UserError(
      `${told}: its file ${JSON.stringify(path)} is a link or no regular file: nothing of it was taken`,
    );
  if (files.has(path)) throw new UserError(`${told} holds ${JSON.stringify(path)} twice: nothing of it was taken`);
  const chunks: Buffer[] = [];
  entry.on('data', (chunk) => chunks.push(chunk));
  entry.on('end', () =>
    files.set(path, { path, executable: ((entry.mode ?? 0) & 0o100) !== 0, content: Buffer.concat(chunks) }),
  );
  if (files.size >= largestPack.files) throw tooLarge(told);
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
