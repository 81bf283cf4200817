import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeLines } from '../../../generators/engine/merge/merge.ts';

const labels = { ours: 'yours', theirs: 'ds-devops level 2' };
const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 2000) };

/** What a side does to a base of lines that are all different: each is kept or dropped, and new ones stand before some. */
const side = (name: string) =>
  fc
    .tuple(fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }), fc.uniqueArray(fc.nat(12), { maxLength: 3 }))
    .map(([keeps, inserts]) => (base: readonly string[]) => {
      const added = (at: number) => (inserts.includes(at) ? [`${name} ${at}`] : []);
      return [...base.flatMap((line, at) => [...added(at), ...(keeps[at] ? [line] : [])]), ...added(base.length)];
    });

const versions = fc.tuple(fc.nat(12), side('mine'), side('rendered')).map(([length, mine, rendered]) => {
  const base = Array.from({ length }, (_, at) => `line ${at}`);
  return { base, ours: mine(base), theirs: rendered(base) };
});

const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const merge = ({ base, ours, theirs }: { base: string[]; ours: string[]; theirs: string[] }, list = false) => {
  const merged = mergeLines(text(base), text(ours), text(theirs), labels, list);
  return { ...merged, lines: merged.text.split('\n').slice(0, -1) };
};

describe('lines of which no two are the same', () => {
  test('stand in a merge without conflict exactly where three-way logic says, in the order of both sides', () => {
    fc.assert(
      fc.property(versions, (all) => {
        const { base, ours, theirs } = all;
        const { lines, conflicts } = merge(all);
        fc.pre(conflicts === 0);
        const every = [...new Set([...base, ...ours, ...theirs])];
        const expected = every.filter((line) =>
          base.includes(line) ? ours.includes(line) && theirs.includes(line) : true,
        );
        expect([...lines].sort()).toEqual(expected.sort());
        for (const version of [ours, theirs]) {
          const common = (some: readonly string[]) => some.filter((line) => lines.includes(line));
          expect(lines.filter((line) => version.includes(line))).toEqual(common(version));
        }
      }),
      runs,
    );
  });

  test('all stand in a merge with conflicts that a side added, each of its own between its own markers', () => {
    fc.assert(
      fc.property(versions, (all) => {
        const { lines, conflicts } = merge(all);
        fc.pre(conflicts > 0);
        const count = (start: string) => lines.filter((line) => line.startsWith(start)).length;
        expect([count('<<<<<<< yours'), count('======='), count('>>>>>>> ds-devops level 2')]).toEqual([
          conflicts,
          conflicts,
          conflicts,
        ]);
        // Whoever takes one side of every conflict has all that this side added, and nothing that only the other changed there.
        for (const [taken, other] of [
          ['ours', 'theirs'],
          ['theirs', 'ours'],
        ] as const) {
          const kept = resolved(lines, taken);
          for (const line of all[taken]) if (!all.base.includes(line)) expect(kept).toContain(line);
          for (const line of all.base)
            if (!all[taken].includes(line) && all[other].includes(line)) expect(kept).not.toContain(line);
        }
      }),
      runs,
    );
  });

  test('a conflict is none where only one side changed a line or its neighbours', () => {
    fc.assert(
      fc.property(versions, ({ base, ours, theirs }) => {
        const at = (version: readonly string[]) => {
          const changed = base.flatMap((line, index) => (version.includes(line) ? [] : [index, index + 1]));
          const following = (line: string) =>
            version.slice(version.indexOf(line) + 1).find((next) => base.includes(next));
          const added = version
            .filter((line) => !base.includes(line))
            .map((line) => (following(line) === undefined ? base.length : base.indexOf(following(line) as string)));
          return new Set([...changed, ...added]);
        };
        const [mine, rendered] = [at(ours), at(theirs)];
        const touch = [...mine].some((index) => rendered.has(index));
        fc.pre(!touch);
        expect(merge({ base, ours, theirs }).conflicts).toBe(0);
      }),
      runs,
    );
  });

  test('a list of lines keeps what both added at one place, the owner’s first', () => {
    const all = { base: ['a', 'b'], ours: ['a', 'mine', 'both', 'b'], theirs: ['a', 'rendered', 'both', 'b'] };
    expect(merge(all, true)).toMatchObject({ conflicts: 0, lines: ['a', 'mine', 'both', 'rendered', 'b'] });
    expect(merge({ ...all, ours: ['a', 'mine'] }, true).lines).toEqual(['a', 'mine', 'rendered', 'both']);
    expect(merge({ ...all, ours: ['a', 'b', 'mine'], theirs: ['a', 'more'] }, true).lines).toEqual([
      'a',
      'mine',
      'more',
    ]);
    expect(merge({ ...all, ours: ['a', 'mine'], theirs: ['a', 'more'] }, true).conflicts).toBe(1);
  });
});

/** A text in which one side of every conflict was taken. */
function resolved(lines: readonly string[], taken: 'ours' | 'theirs'): string[] {
  let within: 'ours' | 'theirs' | undefined;
  return lines.filter((line) => {
    if (line === '<<<<<<< yours') within = 'ours';
    else if (line === '=======' && within) within = 'theirs';
    else if (line.startsWith('>>>>>>> ') && within) within = undefined;
    else return within === undefined || within === taken;
    return false;
  });
}
