import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { execa } from 'execa';
import fc from 'fast-check';
import { leftoverMarker, mergeLines } from '../../../generators/engine/merge/merge.ts';
import { newFolder, writeFiles } from '../../support/folder.ts';

const labels = { ours: 'yours', theirs: 'ds-devops level 2' };
const merge = (base: string, ours: string, theirs: string) => mergeLines(base, ours, theirs, labels);
const lines = (...words: string[]) => words.map((word) => `${word}\n`).join('');

// Few different lines, so that repeated ones and accidental matches are common.
const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { maxLength: 12 }).map((words) => lines(...words));

describe('merging by lines', () => {
  test('takes the changes of both sides where they are apart', () => {
    const merged = merge(
      lines('1', '2', '3', '4', '5'),
      lines('one', '2', '3', '4', '5'),
      lines('1', '2', '3', '4', '5', '6'),
    );
    expect(merged).toEqual({ text: lines('one', '2', '3', '4', '5', '6'), conflicts: 0 });
  });

  test('marks what both sides changed differently, with names a person understands', () => {
    const merged = merge(lines('1', '2', '3'), lines('1', 'mine', '3'), lines('1', 'rendered', '3'));
    expect(merged.conflicts).toBe(1);
    expect(merged.text).toBe(
      lines('1', '<<<<<<< yours', 'mine', '=======', 'rendered', '>>>>>>> ds-devops level 2', '3'),
    );
    expect(leftoverMarker(merged.text)).toBe(2);
  });

  test('leaves lines out of the markers that both sides have', () => {
    const merged = merge(lines('1'), lines('a', 'b', 'z'), lines('a', 'c', 'z'));
    expect(merged.text).toBe(lines('a', '<<<<<<< yours', 'b', '=======', 'c', '>>>>>>> ds-devops level 2', 'z'));
  });

  test('an unchanged side yields to the other, and equal changes are taken once', () => {
    fc.assert(
      fc.property(text, text, (base, changed) => {
        expect(merge(base, changed, base)).toEqual({ text: changed, conflicts: 0 });
        expect(merge(base, base, changed)).toEqual({ text: changed, conflicts: 0 });
        expect(merge(base, changed, changed)).toEqual({ text: changed, conflicts: 0 });
      }),
      { numRuns: 1000 },
    );
  });

  test('every line that the owner added survives, in the text or between markers', () => {
    fc.assert(
      fc.property(
        text,
        text,
        fc.nat(),
        fc.array(
          fc.string({ minLength: 1, maxLength: 3 }).map((word) => `mine ${JSON.stringify(word)}`),
          { minLength: 1, maxLength: 4 },
        ),
        (base, theirs, at, added) => {
          const ours = base.split('\n').slice(0, -1);
          ours.splice(at % (ours.length + 1), 0, ...added);
          const merged = merge(base, lines(...ours), theirs).text.split('\n');
          for (const line of added) expect(merged).toContain(line);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('agrees with git merge-file wherever it merges without a conflict', async () => {
    const folder = await newFolder();
    const apart = fc.tuple(fc.nat(30), fc.nat(30)).filter(([a, b]) => Math.abs(a - b) > 1);
    const cases = fc.sample(apart, { numRuns: 40, seed: 7 });
    for (const [mine, rendered] of cases) {
      const base = Array.from({ length: 31 }, (_, index) => `line ${index}`);
      const files = {
        base: lines(...base),
        ours: lines(...base.with(mine, 'mine')),
        theirs: lines(...base.with(rendered, 'rendered')),
      };
      await writeFiles(folder, files);
      const { stdout } = await execa('git', ['merge-file', '-p', 'ours', 'base', 'theirs'], {
        cwd: path.join(folder),
        stripFinalNewline: false,
      });
      expect(merge(files.base, files.ours, files.theirs)).toEqual({ text: stdout, conflicts: 0 });
    }
  });

  test('is not slowed down by many repeated lines', () => {
    const repeated: string[] = Array.from({ length: 20_000 }, (_, index) => (index % 2 ? 'x' : ''));
    const start = performance.now();
    const merged = merge(
      lines(...repeated),
      lines(...repeated.with(5, 'mine')),
      lines(...repeated.with(15_000, 'theirs')),
    );
    expect(merged.conflicts).toBe(0);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
