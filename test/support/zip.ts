import { crc32 } from 'node:zlib';

const numbers = (...fields: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer =>
  Buffer.concat(
    fields.map(([value, bytes]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value, 0, bytes);
      return field;
    }),
  );

/** A zip archive of stored files (PKWARE APPNOTE 4.3), with a comment at its end. */
export function zip(files: Readonly<Record<string, string>>, comment = ''): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text);
    const common = numbers(
      ...([
        [20, 2],
        [0, 2],
        [0, 2],
        [0, 2],
        [0, 2],
      ] as const),
      ...([
        [crc32(content), 4],
        [content.length, 4],
        [content.length, 4],
        [name.length, 2],
        [0, 2],
      ] as const),
    );
    const rest = numbers([0, 2], [0, 2], [0, 2], [0, 4], [at, 4]);
    directory.push(numbers([0x02014b50, 4], [20, 2]), common, rest, Buffer.from(name));
    locals.push(numbers([0x04034b50, 4]), common, Buffer.from(name), content);
    at += 4 + common.length + name.length + content.length;
  }
  const count = Object.keys(files).length;
  const listed = Buffer.concat(directory);
  const ends = numbers([0, 2], [0, 2], [count, 2], [count, 2], [listed.length, 4], [at, 4], [comment.length, 2]);
  return Buffer.concat([...locals, listed, numbers([0x06054b50, 4]), ends, Buffer.from(comment)]);
}
