import type { Answers, StoredAnswers } from '../engine/answers/answers.ts';
import { storedFile } from '../engine/answers/stored.ts';
import type { Changes } from '../engine/disk/apply.ts';
import { formatLock, type Lock, type LockedFile, lockFile } from '../engine/disk/lock.ts';
import type { Found } from '../engine/disk/worktree.ts';
import type { Plan } from '../engine/plan/plan.ts';
import type { Chosen } from './packs.ts';

/** What the plan finds of an emitted path that the lock keeps. */
export type Owned = Pick<LockedFile, 'at' | 'detached'>;

/**
 * What a plan changes on disk, the two files of state last; nothing where the repository is as it should be.
 *
 * @param state the two files as they were before anything was read.
 * @param storedText the text of `.yo-rc.json` with the answers of this run.
 * @param next the lock of this run.
 */
export async function changesOf(
  state: ReadonlyMap<string, Found>,
  steps: Plan,
  ours: ReadonlyMap<string, Found>,
  base: Lock['files'],
  storedText: string,
  next: (owned: ReadonlyMap<string, Owned>) => Lock,
): Promise<Changes> {
  const writes = steps.flatMap(({ write }) => write ?? []);
  const removals = steps.flatMap(({ remove }) => remove ?? []);
  const before = new Map(
    [...writes.map((write) => write.path), ...removals, storedFile, lockFile].flatMap((file) => {
      const found = state.get(file) ?? ours.get(file);
      return found?.kind === 'file' ? [[file, found.sha256] as const] : [];
    }),
  );
  const changed = (files: readonly [string, string][]) =>
    files
      .map(([file, text]) => ({ path: file, content: Buffer.from(text), executable: false }))
      .filter(({ path: file, content }) => {
        const found = state.get(file);
        return found?.kind !== 'file' || !content.equals(found.content);
      });
  const files = (every: boolean): [string, string][] => [
    [storedFile, storedText],
    [lockFile, formatLock(next(ownedPaths(steps, base, every)))],
  ];
  const least = changed(files(false));
  // That a file was moved is recorded with the next change: by itself it is no reason to write anything.
  const written = writes.length + removals.length + least.length > 0;
  return { writes, removals, last: written ? changed(files(true)) : [], before };
}

function ownedPaths(steps: Plan, base: Lock['files'], every: boolean): Map<string, Owned> {
  return new Map(
    steps.map(({ path: file, at, outcome }) => [
      file,
      {
        ...(at !== undefined && (every || base.get(file)?.at === at) ? { at } : {}),
        ...(outcome === 'detached' ? { detached: true as const } : {}),
      },
    ]),
  );
}

/** What is stored of the answers; nothing secret. */
export function storable(answers: Answers, { composition, references }: Chosen): StoredAnswers {
  const { level, name, target, ci, model, modelSha256, featureNames, samples, samplesSha256 } = answers;
  const open = composition.questions.filter(({ secret }) => !secret).map((question) => question.name);
  const packAnswers = Object.entries(answers.packAnswers ?? {}).filter(([question]) => open.includes(question));
  return {
    level,
    name,
    target,
    ci,
    model,
    ...(modelSha256 === undefined ? {} : { modelSha256 }),
    featureNames,
    ...(samplesSha256 === undefined ? {} : { samples, samplesSha256 }),
    // Named without a value where there is none, so that what was stored before goes.
    packs: references.length > 0 ? references : undefined,
    packAnswers: packAnswers.length > 0 ? Object.fromEntries(packAnswers) : undefined,
  };
}
