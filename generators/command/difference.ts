import { createTwoFilesPatch } from 'diff';
import { decodeTogether, encodeText, type Text } from '../engine/merge/text.ts';
import type { Decided } from './decide.ts';

/**
 * What a run would change in files that are there, as a unified diff as git writes it. New files are not in it: a fresh
 * repository would be a hundred of them.
 */
export function difference({ plan, ours }: Decided): string {
  return plan
    .flatMap(({ write, remove }) => {
      const from = remove ?? write?.path;
      const found = from === undefined ? undefined : ours.get(from);
      return from !== undefined && found?.kind === 'file' ? [patch(from, found.content, write)] : [];
    })
    .join('');
}

function patch(from: string, before: Buffer, write: { path: string; content: Buffer } | undefined): string {
  const to = write?.path;
  const texts = decodeTogether(before, write?.content ?? Buffer.alloc(0));
  const [old, now] = (texts ?? []) as [Text?, Text?];
  const names = [`a/${from}`, to === undefined ? '/dev/null' : `b/${to}`] as const;
  if (!old || !now) return `Binary files ${names[0]} and ${names[1]} differ\n`;
  const text = (version: Text) => encodeText(version).toString(version.style.encoding);
  const lines = createTwoFilesPatch(...names, text(old), text(now), undefined, undefined, { context: 3 });
  // The library begins with a ruler that git's diffs do not have.
  return lines.replace(/^=+\n/, '');
}
