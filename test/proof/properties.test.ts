import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import fs from 'fs-extra';
import { besideSuffix } from '../../generators/engine/decision.ts';
import { lockedContent } from '../../generators/engine/lock.ts';
import { snapshot } from '../support/folder.ts';
import { comeBack, edit, edits, emitted, treeOf } from '../support/generated.ts';
import { scratchFolder } from '../support/scratch.ts';

const minutes = 60_000;
const scratch = await scratchFolder();
let cases = 0;

/** An empty repository and a folder outside of it, on the real disk, gone after the case. */
async function inFolders<T>(act: (root: string, outside: string) => Promise<T>): Promise<T> {
  cases += 1;
  const above = path.join(scratch, String(cases));
  const [root, outside] = [path.join(above, 'demo'), path.join(above, 'outside')];
  await fs.mkdirp(root);
  await fs.outputFile(path.join(outside, 'file'), 'far away\n');
  try {
    return await act(root, outside);
  } finally {
    await fs.remove(above);
  }
}

/** fast-check names the seed and the path of a case that fails, and the smallest one that it finds. */
const runs = (numRuns: number) => ({ numRuns: Number(process.env.PROPERTY_RUNS ?? numRuns) });

const snapshotOf = async (root: string) => snapshot(root);

describe('on the real disk, whatever was emitted and edited', () => {
  test(
    'an untouched repository becomes what a fresh one would be, and the lock holds what was rendered (1,500 cases)',
    async () => {
      await fc.assert(
        fc.asyncProperty(emitted, async ({ base, theirs, renames }) => {
          await inFolders(async (root, outside) => {
            await comeBack(root, treeOf(base), new Map());
            const { lock } = await comeBack(root, treeOf(theirs), renames);
            await comeBack(outside, treeOf(theirs), new Map());
            await fs.remove(path.join(outside, 'file'));
            expect(await snapshotOf(root)).toEqual(await snapshotOf(outside));
            const held = [...lock.files].map(([file, locked]) => [file, lockedContent(locked)?.toString('latin1')]);
            expect(Object.fromEntries(held)).toEqual(
              Object.fromEntries(Object.entries(theirs).map(([file, { bytes }]) => [file, bytes])),
            );
          });
        }),
        runs(1500),
      );
    },
    10 * minutes,
  );

  test(
    'nothing of the owner’s is lost, and a second run changes nothing (4,000 cases)',
    async () => {
      await fc.assert(
        fc.asyncProperty(emitted, edits, async ({ base, theirs, renames }, done) => {
          await inFolders(async (root, outside) => {
            await comeBack(root, treeOf(base), new Map());
            const owned = await edit(root, outside, base, done);
            const { steps, lock } = await comeBack(root, treeOf(theirs), renames);
            const after = await snapshotOf(root);
            const all = Object.entries(after).filter(([file]) => file !== '.ds-devops.lock.json');
            for (const tag of owned.written) expect(all.some(([, content]) => content.includes(tag))).toBe(true);
            for (const file of owned.deleted)
              if (base[file] && !owned.links.has(file))
                expect(steps.filter(({ write }) => write?.path === file)).toEqual([]);
            for (const [file, to] of owned.links)
              expect([after[file], after[`elsewhere/${file}`]]).toContain(`-> ${to}`);
            expect(await snapshotOf(outside)).toEqual({ file: '644 far away\n' });
            expect([...lock.files.keys()].sort()).toEqual(Object.keys(theirs).sort());
            // Markers are refused until their owner has decided; that is another test's business.
            if (
              steps.some(({ outcome, write }) => outcome === 'conflict' && write && !write.path.includes(besideSuffix))
            )
              return;
            const { changes } = await comeBack(root, treeOf(theirs), renames);
            expect({ writes: changes.writes, removals: changes.removals, last: changes.last }).toEqual({
              writes: [],
              removals: [],
              last: [],
            });
            expect(await snapshotOf(root)).toEqual(after);
          });
        }),
        runs(4000),
      );
    },
    15 * minutes,
  );
});

afterAll(() => {
  process.stderr.write(`${cases} cases of generated repositories were carried out on the disk\n`);
});
