import { describe, expect, test } from '@jest/globals';
import { digest } from '../../../generators/engine/disk/digest.ts';
import { type LockedFile, lockOf } from '../../../generators/engine/disk/lock.ts';
import type { Found } from '../../../generators/engine/disk/worktree.ts';
import { decide, retire } from '../../../generators/engine/plan/decision.ts';
import type { TreeFile } from '../../../generators/engine/render/render.ts';

const emitted = (text: string, executable = false): TreeFile => {
  const content = Buffer.from(text);
  return { content, sha256: digest(content), executable, stage: 0, pack: 'p' };
};
const locked = (text: string, executable = false): LockedFile =>
  lockOf(new Map([['f', emitted(text, executable)]]), '1.0.0', {}).files.get('f') as LockedFile;
const there = (text: string, executable = false): Found => {
  const content = Buffer.from(text);
  return { kind: 'file', content, sha256: digest(content), executable };
};
const link: Found = { kind: 'blocked', by: 'a' };
const label = 'ds-devops level 1';

describe('where a rendered file is put that cannot take its place', () => {
  const now = emitted('now\n');
  const beside = (around: Record<string, Found>, base?: LockedFile, found: Found = there('mine\n'), place = 'f') => {
    const { outcome, note, write } = decide(
      place,
      { base, found, theirs: now },
      new Map(Object.entries(around)),
      label,
      false,
    );
    return { outcome, note, path: write?.path };
  };
  const hashed = `f.ds-devops-new-${now.sha256.slice(0, 8)}`;

  test('beside it', () => {
    expect(beside({})).toEqual({
      outcome: 'conflict',
      note: "there was one of the owner's own already: ours lies beside it as f.ds-devops-new",
      path: 'f.ds-devops-new',
    });
  });

  test('nowhere, if it lies there already', () => {
    expect(beside({ 'f.ds-devops-new': there('now\n') })).toMatchObject({ outcome: 'conflict', path: undefined });
  });

  test('in the place of ours from last time, if nobody has touched that', () => {
    const binary = there('\0mine');
    const base = locked('\0last');
    expect(beside({ 'f.ds-devops-new': there('\0last') }, base, binary).path).toBe('f.ds-devops-new');
    expect(beside({ 'f.ds-devops-new': there('edited\n') }, base, binary).path).toBe(hashed);
  });

  test('under a name of its own, if the owner has something there: a text, a link, or a folder', () => {
    for (const other of [there('notes\n'), { kind: 'blocked', by: 'f.ds-devops-new' } as const]) {
      expect(beside({ 'f.ds-devops-new': other }).path).toBe(hashed);
      expect(beside({ 'f.ds-devops-new': other, [hashed]: there('now\n') }).path).toBeUndefined();
      expect(beside({ 'f.ds-devops-new': other, [hashed]: { kind: 'blocked', by: hashed } }).path).toBeUndefined();
    }
  });

  test('beside the folder or link above that is in the way', () => {
    expect(beside({}, undefined, link, 'a/b/f')).toEqual({
      outcome: 'conflict',
      note: 'a is in the way: ours lies beside it as a.ds-devops-new/b/f',
      path: 'a.ds-devops-new/b/f',
    });
  });

  test('nowhere, if its template did not change', () => {
    expect(beside({}, locked('now\n'), link)).toEqual({
      outcome: 'kept',
      note: 'a is no regular file or folder',
      path: undefined,
    });
  });
});

describe('what is decided of one file', () => {
  const decided = (base: LockedFile | undefined, found: Found, theirs: TreeFile, adopt = false) =>
    decide('f.toml', { base, found, theirs }, new Map(), label, adopt);

  test('a model whose bytes are not here stays as it is, or is asked for', () => {
    const { content: _, ...model } = emitted('model');
    const known = locked('model');
    expect(decided(known, there('model'), model)).toEqual({ outcome: 'unchanged' });
    for (const base of [locked('another'), undefined])
      expect(decided(base, there('model'), model)).toEqual({
        outcome: 'kept',
        note: 'its bytes are needed again: give it with --model',
      });
    expect(decided(known, { kind: 'absent' }, model)).toEqual({ outcome: 'deleted' });
  });

  test('what the lock knows by its hash alone and both changed cannot be merged: ours lies beside it', () => {
    const { deflated: _, ...known } = locked('a\n');
    expect(decided(known, there('mine\n'), emitted('b\n'))).toMatchObject({
      outcome: 'conflict',
      note: 'both sides changed it, and it has no lines in common: ours lies beside it as f.toml.ds-devops-new',
    });
  });

  test('a deleted file is worth a note only if its template has changed', () => {
    expect(decided(locked('a\n'), { kind: 'absent' }, emitted('a\n'))).toEqual({ outcome: 'deleted' });
    expect(decided(locked('a\n'), { kind: 'absent' }, emitted('b\n')).note).toBe('its template has changed since');
  });

  test('who made a file executable has edited it', () => {
    expect(decided(locked('a\n'), there('a\n', true), emitted('a\n'))).toEqual({ outcome: 'kept' });
    expect(retire(locked('a\n'), there('a\n', true), 'f').outcome).toBe('kept');
    expect(retire(locked('a\n'), there('a\n'), 'f')).toEqual({ outcome: 'removed', remove: 'f' });
  });

  test('only the executable bit of a template changed: so does that of an edited file, unless it has it already', () => {
    const base = locked('a\n');
    expect(decided(base, there('mine\n'), emitted('a\n', true))).toMatchObject({
      outcome: 'merged',
      write: { content: Buffer.from('mine\n'), executable: true },
    });
    expect(decided(base, there('mine\n', true), emitted('a\n', true))).toEqual({ outcome: 'kept' });
  });

  test('a template comes to what its owner has already made of it: kept, though its executable bit is merged', () => {
    const [base, theirs] = [locked('1\n2\n3\n'), emitted('1\n2\nthree\n')];
    expect(decided(base, there('one\n2\nthree\n'), theirs)).toEqual({ outcome: 'kept' });
    expect(decided(base, there('one\n2\nthree\n'), emitted('1\n2\nthree\n', true))).toMatchObject({
      outcome: 'merged',
      write: { executable: true },
    });
  });

  test('a byte order mark and line ends that the template takes on come to a file that has neither changed', () => {
    const merged = decided(locked('1\n2\n3\n'), there('mine\n2\n3\n'), emitted('\ufeff1\r\n2\r\nthree\r\n'));
    expect(merged.write?.content.toString()).toBe('\ufeffmine\r\n2\r\nthree\r\n');
  });

  test('what is detached and no longer emitted stays its owner’s, without a word of edits', () => {
    expect(retire({ ...locked('a\n'), detached: true }, there('a\n'), 'f')).toEqual({ outcome: 'detached' });
  });

  test('an own file that lacks nothing is kept, and what it has otherwise is named', () => {
    const theirs = emitted('[a]\nx = 1\n');
    expect(decided(undefined, there('[a]\nx = 1\n\n[b]\n'), theirs, true)).toEqual({ outcome: 'kept' });
    expect(decided(undefined, there('[a]\nx = 2\n'), theirs, true)).toEqual({
      outcome: 'kept',
      note: 'yours stay where both have a value: a.x',
    });
  });
});
