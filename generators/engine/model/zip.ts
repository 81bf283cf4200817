// Signatures and offsets of the ZIP format (PKWARE APPNOTE 4.3).
const directoryEnd = { signature: 0x06054b50, length: 22, size: 12, offset: 16 };
const directoryEntry = { signature: 0x02014b50, length: 46, name: 28, extra: 30, comment: 32 };
const longestComment = 0xffff;

/** The names in a zip archive's directory; undefined where the bytes are no zip archive. */
export function zipEntries(bytes: Buffer): string[] | undefined {
  const end = endOf(bytes);
  if (end === undefined) return undefined;
  const [size, offset] = [bytes.readUInt32LE(end + directoryEnd.size), bytes.readUInt32LE(end + directoryEnd.offset)];
  const directory = bytes.subarray(offset, offset + size);
  const names: string[] = [];
  for (let at = 0; at + directoryEntry.length <= directory.length; ) {
    if (directory.readUInt32LE(at) !== directoryEntry.signature) return undefined;
    const [name, extra, comment] = [directoryEntry.name, directoryEntry.extra, directoryEntry.comment].map((field) =>
      directory.readUInt16LE(at + field),
    ) as [number, number, number];
    const start = at + directoryEntry.length;
    names.push(directory.toString('utf8', start, start + name));
    at = start + name + extra + comment;
  }
  return names;
}

/** Where the last record begins: it may end in a comment. */
function endOf(bytes: Buffer): number | undefined {
  const last = bytes.length - directoryEnd.length;
  for (let at = last; at >= Math.max(0, last - longestComment); at -= 1)
    if (bytes.readUInt32LE(at) === directoryEnd.signature) return at;
  return undefined;
}
