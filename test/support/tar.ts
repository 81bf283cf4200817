/** An entry of an archive, as a hostile hand writes it. */
export interface Entry {
  readonly path: string;
  readonly content?: string | Buffer;
  readonly mode?: number;
  /** The type in the header: `0` a file, `1` and `2` links, `5` a folder, `x` pax. */
  readonly type?: string;
  readonly link?: string;
  /** The size that the header claims. */
  readonly size?: number;
}

/** The bytes of a tar archive (ustar) with these entries, whatever they are. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = '', mode = 0o644, type = '0', link = '', size }) => {
    const bytes = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(path, 0, 100);
    header.write(`${mode.toString(8).padStart(7, '0')}\0`, 100);
    header.write(`${(size ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124);
    header.write(`${'0'.padStart(11, '0')}\0`, 136);
    header.write(' '.repeat(8), 148);
    header.write(type, 156);
    header.write(link, 157, 100);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((all, byte) => all + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
