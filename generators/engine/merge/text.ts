import { isUtf8 } from 'node:buffer';
import { digest } from '../disk/digest.ts';

/** How a file writes its text, apart from what it says: kept as its owner has it, whatever the template uses. */
export interface TextStyle {
  readonly bom: boolean;
  readonly crlf: boolean;
  readonly finalNewline: boolean;
  /** Latin-1 is no guess at the text's real encoding: each byte is one character, so that every byte survives. */
  readonly encoding: 'utf8' | 'latin1';
}

/** A file's text with `\n` line ends, no byte order mark and a final newline (unless it is empty), and its style. */
export interface Text {
  readonly text: string;
  readonly style: TextStyle;
}

const bom = '\uFEFF';

/** The text in the bytes, or undefined where they are not text: not UTF-8, or with a NUL in them. */
export const decodeText = (bytes: Buffer): Text | undefined =>
  !bytes.includes(0) && isUtf8(bytes) ? decode(bytes, 'utf8') : undefined;

/** Several versions of a text in one encoding: UTF-8 if all are, else bytes; undefined where one has a NUL in it. */
export function decodeTogether(...versions: readonly Buffer[]): Text[] | undefined {
  if (versions.some((bytes) => bytes.includes(0))) return undefined;
  const encoding = versions.every((bytes) => isUtf8(bytes)) ? 'utf8' : 'latin1';
  return versions.map((bytes) => decode(bytes, encoding));
}

function decode(bytes: Buffer, encoding: TextStyle['encoding']): Text {
  let text = bytes.toString(encoding);
  const style = {
    bom: text.startsWith(bom),
    // A file with both line ends is left with both: only a file that is CRLF throughout has CRLF as its style.
    crlf: text.includes('\r\n') && !/(^|[^\r])\n/.test(text),
    finalNewline: text === '' || text.endsWith('\n'),
    encoding,
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
  return Buffer.from(style.bom ? bom + written : written, style.encoding);
}

/** Whether a file's bytes are those of a digest, but for line ends, a byte order mark and the final newline. */
export function sameText(content: Buffer, sha256: string): boolean {
  if (digest(content) === sha256) return true;
  const decoded = decodeText(content);
  if (!decoded) return false;
  const plain = { ...decoded.style, bom: false, crlf: false, finalNewline: true };
  return digest(encodeText({ text: decoded.text, style: plain })) === sha256;
}
