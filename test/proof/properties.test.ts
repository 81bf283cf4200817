import path from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import fs from 'fs-extra';
import { type Lock, lockedContent } from '../../generators/engine/disk/lock.ts';
import { besideSuffix } from '../../generators/engine/plan/decision.ts';
import type { Plan } from '../../generators/engine/plan/plan.ts';
import { snapshot } from '../support/folder.ts';
import { comeBack, edit, edits, emitted, type Files, manners, treeOf } from '../support/generated.ts';
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
            holdsWhatWasRendered(lock, theirs);
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
        fc.asyncProperty(emitted, edits, manners, async ({ base, theirs, renames }, done, manner) => {
          await inFolders(async (root, outside) => {
            await comeBack(root, treeOf(base), new Map());
            const owned = await edit(root, outside, base, done);
            const [before, far] = [await snapshotOf(root), await snapshotOf(outside)];
            const { steps, lock } = await comeBack(root, treeOf(theirs), renames, manner);
            const after = await snapshotOf(root);
            expect(await snapshotOf(outside)).toEqual(far);
            const all = [...Object.entries(after), ...Object.entries(far)].filter(([file]) => !isState(file));
            for (const tag of owned.written) expect(all.some(([, content]) => content.includes(tag))).toBe(true);
            for (const file of owned.deleted)
              if (base[file] && !owned.links.has(file))
                expect(steps.filter(({ write }) => write?.path === file)).toEqual([]);
            for (const [file, to] of owned.links)
              expect([after[file], after[`elsewhere/${file}`]]).toContain(`-> ${to}`);
            if (!manner.adopt) for (const file of owned.own) expect([file, after[file]]).toEqual([file, before[file]]);
            for (const [file, was] of Object.entries(before)) modesMerged(base[file], was, theirs[file], after[file]);
            for (const { path: file, outcome, write } of steps)
              if (outcome === 'detached') expect([file, write, after[file]]).toEqual([file, undefined, before[file]]);
            holdsWhatWasRendered(lock, theirs);
            await resolveMarkers(root, steps);
            const resolved = await snapshotOf(root);
            const { changes } = await comeBack(root, treeOf(theirs), renames);
            expect({ writes: changes.writes, removals: changes.removals, last: changes.last }).toEqual({
              writes: [],
              removals: [],
              last: [],
            });
            expect(await snapshotOf(root)).toEqual(resolved);
          });
        }),
        runs(4000),
      );
    },
    15 * minutes,
  );
});

const isState = (file: string) => file === '.ds-devops.lock.json' || file === '.yo-rc.json';

/** The executable bit is merged three ways, and who may read and write a file is its owner's business. */
function modesMerged(base: Files[string] | undefined, was: string, theirs: Files[string] | undefined, now?: string) {
  if (!base || !theirs || !now || was.startsWith('->') || was === now) return;
  const [before, after] = [was, now].map((held) => Number.parseInt(held, 8)) as [number, number];
  const mine = (before & 0o100) !== 0;
  expect((after & 0o100) !== 0).toBe(mine === base.executable ? theirs.executable : mine);
  expect(after & 0o666).toBe(before & 0o666);
}

function holdsWhatWasRendered({ files }: Lock, theirs: Files) {
  const held = [...files].map(([file, locked]) => {
    const bytes = lockedContent(locked)?.toString('latin1');
    return [file, { bytes, executable: locked.executable }];
  });
  expect(Object.fromEntries(held)).toEqual(theirs);
}

/** What an owner does about conflict markers: here each time the other side is taken. */
async function resolveMarkers(root: string, steps: Plan) {
  for (const { outcome, write } of steps) {
    if (outcome !== 'conflict' || !write || write.path.includes(besideSuffix)) continue;
    const file = path.join(root, write.path);
    const { mode } = await fs.stat(file);
    await fs.chmod(file, 0o600);
    let [side, taken] = ['both', 0];
    const kept = (await fs.readFile(file, 'latin1')).split('\n').filter((line) => {
      const [marker] = /^(<<<<<<< yours|=======|>>>>>>> ds-devops )/.exec(line) ?? [];
      if (!marker) return side === 'both' || side === (taken % 2 ? 'mine' : 'rendered');
      if (marker.startsWith('<')) taken += 1;
      side = marker.startsWith('<') ? 'mine' : marker.startsWith('=') ? 'rendered' : 'both';
      return false;
    });
    await fs.writeFile(file, kept.join('\n'), 'latin1');
    await fs.chmod(file, mode);
  }
}

afterAll(() => {
  process.stderr.write(`${cases} cases of generated repositories were carried out on the disk\n`);
});
