import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeText, encodeText } from '../../../generators/engine/merge/text.ts';

test('text comes back byte for byte, whatever its line ends, byte order mark and final newline', () => {
  const piece = fc.constantFrom('a', '\n', '\r\n', '\r', '\uFEFF', 'é', '');
  fc.assert(
    fc.property(
      fc.array(piece).map((pieces) => Buffer.from(pieces.join(''))),
      (bytes) => {
        const decoded = decodeText(bytes);
        expect(decoded && encodeText(decoded)).toEqual(bytes);
      },
    ),
    { numRuns: 2000 },
  );
});

test.each([
  ['a NUL', Buffer.from([97, 0, 98])],
  ['bytes that are not UTF-8', Buffer.from([0xc3, 0x28])],
])('%s is no text', (_, bytes) => {
  expect(decodeText(bytes)).toBeUndefined();
});

test('CRLF throughout is a style; mixed line ends are left as they are', () => {
  expect(decodeText(Buffer.from('a\r\nb\r\n'))).toEqual({
    text: 'a\nb\n',
    style: { bom: false, crlf: true, finalNewline: true, encoding: 'utf8' },
  });
  expect(decodeText(Buffer.from('a\r\nb\n'))?.text).toBe('a\r\nb\n');
});
