/** How a file writes its text, apart from what it says: kept as its owner has it, whatever the template uses. */
export interface TextStyle {
  readonly bom: boolean;
  readonly crlf: boolean;
  readonly finalNewline: boolean;
}

/** A file's text with `\n` line ends, no byte order mark and a final newline (unless it is empty), and its style. */
export interface Text {
  readonly text: string;
  readonly style: TextStyle;
}

const bom = '\uFEFF';

/** The text in the bytes, or undefined where they are not text: not UTF-8, or with a NUL in them. */
export function decodeText(bytes: Buffer): Text | undefined {
  if (bytes.includes(0)) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
  const style = {
    bom: text.startsWith(bom),
    // A file with both line ends is left with both: only a file that is CRLF throughout has CRLF as its style.
    crlf: text.includes('\r\n') && !/(^|[^\r])\n/.test(text),
    finalNewline: text === '' || text.endsWith('\n'),
  };
  if (style.bom) text = text.slice(1);
  if (style.crlf) text = text.replaceAll('\r\n', '\n');
  if (!style.finalNewline) text += '\n';
  return { text, style };
}

/** The bytes of a text in a style: the inverse of {@link decodeText}. */
export function encodeText({ text, style }: Text): Buffer {
  let written = style.finalNewline ? text : text.replace(/\n$/, '');
  if (style.crlf) written = written.replaceAll('\n', '\r\n');
  return Buffer.from(style.bom ? bom + written : written);
}
