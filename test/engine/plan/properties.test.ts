import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { digest } from '../../../generators/engine/disk/digest.ts';
import { lockOf } from '../../../generators/engine/disk/lock.ts';
import type { Found } from '../../../generators/engine/disk/worktree.ts';
import { besideSuffix } from '../../../generators/engine/plan/decision.ts';
import { plan } from '../../../generators/engine/plan/plan.ts';
import type { Tree } from '../../../generators/engine/render/render.ts';

/** A repository in memory: path → text. */
type Texts = Record<string, string>;

const tree = (texts: Texts): Tree =>
  new Map(
    Object.entries(texts).map(([path, text]) => {
      const content = Buffer.from(text);
      return [path, { content, sha256: digest(content), executable: false, stage: 0, pack: 'p' }];
    }),
  );

const locked = (texts: Texts) => lockOf(tree(texts), '1.0.0', {}).files;

function look(disk: Texts, paths: Iterable<string>): Map<string, Found> {
  const find = (path: string): Found => {
    const text = disk[path];
    if (text === undefined) return { kind: 'absent' };
    const content = Buffer.from(text);
    return { kind: 'file', content, sha256: digest(content), executable: false };
  };
  return new Map([...paths].map((path) => [path, find(path)]));
}

/** Comes back to a repository that was rendered from `base` and is now as on `disk`: the disk afterwards. */
function comeBack(base: Texts, disk: Texts, theirs: Texts) {
  const paths = new Set([...Object.keys(base), ...Object.keys(theirs)]);
  const steps = plan({ base: locked(base), ours: look(disk, paths), theirs: tree(theirs) }, 'ds-devops level 2');
  const after = { ...disk };
  for (const { write, remove } of steps) {
    if (remove) delete after[remove];
    if (write) after[write.path] = write.content.toString();
  }
  return { steps, after };
}

const line = fc.constantFrom('a', 'b', 'c', 'd', '', '# note');
const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.map((each) => `${each}\n`).join(''));
const path = fc.constantFrom('README.md', 'src/a.py', 'src/b.py', 'tasks.toml', 'x');
const texts = fc.dictionary(path, text, { maxKeys: 5, noNullPrototype: true });
const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 2000) };

/** What an owner does to a repository: new lines of theirs, deletions, files of their own. */
const edits = fc.record({
  added: fc.dictionary(
    path,
    fc.tuple(
      fc.nat(),
      fc.nat(99).map((id) => `mine ${id}`),
    ),
    { noNullPrototype: true },
  ),
  deleted: fc.array(path, { maxLength: 2 }),
  own: fc.dictionary(fc.constantFrom('notes.md', 'src/mine.py', 'x'), text, { noNullPrototype: true }),
});

function edited(
  base: Texts,
  { added, deleted, own }: { added: Record<string, [number, string]>; deleted: string[]; own: Texts },
) {
  const disk = { ...base };
  for (const [file, [at, mine]] of Object.entries(added)) {
    const lines = disk[file]?.split('\n').slice(0, -1);
    if (!lines) continue;
    lines.splice(at % (lines.length + 1), 0, mine);
    disk[file] = lines.map((each) => `${each}\n`).join('');
  }
  for (const file of deleted) delete disk[file];
  for (const [file, content] of Object.entries(own)) disk[file] ??= content;
  return disk;
}

describe('coming back to a repository, whatever was rendered and edited', () => {
  test('an untouched one becomes what a fresh one would be', () => {
    fc.assert(
      fc.property(texts, texts, (base, theirs) => {
        expect(comeBack(base, base, theirs).after).toEqual(theirs);
      }),
      runs,
    );
  });

  test('the same again changes nothing', () => {
    fc.assert(
      fc.property(texts, texts, edits, (base, theirs, change) => {
        const { after, steps } = comeBack(base, edited(base, change), theirs);
        // Conflict markers are refused until they are resolved; that is another test's business.
        fc.pre(!steps.some(({ outcome, write }) => outcome === 'conflict' && !write?.path.endsWith(besideSuffix)));
        const again = comeBack(theirs, after, theirs);
        expect(again.after).toEqual(after);
        expect(again.steps.filter(({ write, remove }) => write || remove)).toEqual([]);
      }),
      runs,
    );
  });

  test('every line that the owner wrote is still there, and so is every file of their own', () => {
    fc.assert(
      fc.property(texts, texts, edits, (base, theirs, change) => {
        const disk = edited(base, change);
        const { after } = comeBack(base, disk, theirs);
        for (const [file, content] of Object.entries(disk)) {
          const mine = content.split('\n').filter((each) => each.startsWith('mine'));
          if (mine.length > 0) expect(after[file]?.split('\n')).toEqual(expect.arrayContaining(mine));
          if (!(file in base)) expect(after[file]).toBe(content);
        }
      }),
      runs,
    );
  });

  test('what the owner deleted stays deleted', () => {
    fc.assert(
      fc.property(texts, texts, edits, (base, theirs, change) => {
        const disk = edited(base, { ...change, own: {} });
        const { after } = comeBack(base, disk, theirs);
        for (const file of Object.keys(base)) if (!(file in disk)) expect(after).not.toHaveProperty([file]);
      }),
      runs,
    );
  });
});
