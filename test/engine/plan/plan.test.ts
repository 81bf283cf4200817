import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { digest } from '../../../generators/engine/disk/digest.ts';
import type { LockedFile } from '../../../generators/engine/disk/lock.ts';
import type { Found } from '../../../generators/engine/disk/worktree.ts';
import { plan } from '../../../generators/engine/plan/plan.ts';
import type { TreeFile } from '../../../generators/engine/render/render.ts';

interface Side {
  readonly text: string | Buffer;
  readonly executable?: boolean;
}
const bytes = ({ text }: Side) => Buffer.from(text as string);
const locked = (side: Side): LockedFile => ({
  sha256: digest(bytes(side)),
  executable: side.executable ?? false,
  stage: 0,
  pack: 'p',
  deflated: deflateRawSync(bytes(side)).toString('base64'),
});
const found = (side: Side): Found => ({
  kind: 'file',
  content: bytes(side),
  sha256: digest(bytes(side)),
  executable: side.executable ?? false,
});
const rendered = (side: Side): TreeFile => ({
  content: bytes(side),
  sha256: digest(bytes(side)),
  executable: side.executable ?? false,
  stage: 0,
  pack: 'p',
});

function decide(base: Side | undefined, ours: Side | undefined, theirs: Side | undefined) {
  const one = <T>(value: T | undefined) => new Map<string, T>(value === undefined ? [] : [['f', value]]);
  const [step] = plan(
    { base: one(base && locked(base)), ours: one(ours && found(ours)), theirs: one(theirs && rendered(theirs)) },
    'ds-devops level 2',
  );
  if (!step) throw new Error('nothing was planned');
  const { outcome, write, remove, note } = step;
  return {
    outcome,
    remove,
    note,
    written: write && { path: write.path, text: write.content.toString('latin1'), executable: write.executable },
  };
}

const a = { text: 'a\n' };
const b = { text: 'b\n' };
const mine = { text: 'mine\n' };

describe('the outcomes of coming back to a repository', () => {
  test.each([
    ['not there before', undefined, undefined, a, 'created', 'a\n'],
    ["the owner's own file, the same", undefined, a, a, 'adopted', undefined],
    ['nothing changed', a, a, a, 'unchanged', undefined],
    ['the template changed', a, a, b, 'updated', 'b\n'],
    ['the owner changed it', a, mine, a, 'kept', undefined],
    ['both changed it alike', a, b, b, 'unchanged', undefined],
    ['the owner deleted it', a, undefined, a, 'deleted', undefined],
    ['the owner deleted it and the template changed', a, undefined, b, 'deleted', undefined],
    ['no longer emitted, untouched', a, a, undefined, 'removed', undefined],
    ['no longer emitted, edited', a, mine, undefined, 'kept', undefined],
    ['no longer emitted, deleted', a, undefined, undefined, 'deleted', undefined],
  ])('%s', (_, base, ours, theirs, outcome, text) => {
    const decided = decide(base, ours, theirs);
    expect(decided.outcome).toBe(outcome);
    expect(decided.written?.text).toBe(text);
    expect(decided.remove).toBe(outcome === 'removed' ? 'f' : undefined);
  });

  test("the owner's own file in the way is kept, and the rendered one lies beside it", () => {
    const { outcome, written } = decide(undefined, mine, a);
    expect(outcome).toBe('conflict');
    expect(written).toEqual({ path: 'f.ds-devops-new', text: 'a\n', executable: false });
  });

  test('changes of both sides are merged, or marked and named', () => {
    const base = { text: '1\n2\n3\n4\n' };
    expect(decide(base, { text: 'one\n2\n3\n4\n' }, { text: '1\n2\n3\n4\n5\n' })).toMatchObject({
      outcome: 'merged',
      written: { text: 'one\n2\n3\n4\n5\n' },
    });
    expect(decide(base, { text: 'one\n2\n3\n4\n' }, { text: 'eins\n2\n3\n4\n' })).toMatchObject({
      outcome: 'conflict',
      note: expect.stringMatching(/conflict markers at line 1$/),
    });
  });

  test('a file that its owner wrote anew gets no markers from end to end: ours lies beside it', () => {
    expect(decide(a, mine, b)).toMatchObject({
      outcome: 'conflict',
      written: { path: 'f.ds-devops-new', text: 'b\n' },
    });
  });

  test('CRLF, a byte order mark and a missing final newline stay as the owner has them', () => {
    const base = { text: '1\n2\n' };
    const theirs = { text: '1\n2\n3\n' };
    expect(decide(base, { text: '1\r\n2\r\n' }, base)).toMatchObject({ outcome: 'unchanged' });
    expect(decide(base, { text: '1\r\n2\r\n' }, theirs)).toMatchObject({
      outcome: 'updated',
      written: { text: '1\r\n2\r\n3\r\n' },
    });
    expect(decide(base, { text: '1\n2' }, theirs)).toMatchObject({ outcome: 'updated', written: { text: '1\n2\n3' } });
  });

  test('bytes that are no text are never merged', () => {
    const { outcome, written } = decide(
      { text: Buffer.from([0, 1]) },
      { text: Buffer.from([0, 2]) },
      { text: Buffer.from([0, 3]) },
    );
    expect(outcome).toBe('conflict');
    expect(written?.path).toBe('f.ds-devops-new');
  });

  test('the executable bit is a value of its own', () => {
    const script = { ...a, executable: true };
    expect(decide(a, a, script)).toMatchObject({ outcome: 'updated', written: { executable: true } });
    expect(decide(a, mine, script)).toMatchObject({ outcome: 'merged', written: { text: 'mine\n', executable: true } });
    expect(decide(a, script, b)).toMatchObject({ outcome: 'updated', written: { text: 'b\n', executable: true } });
  });

  test('what is no regular file is neither written to nor replaced: ours lies beside it', () => {
    const blocked: Found = { kind: 'blocked', by: 'f' };
    const [step] = plan(
      { base: new Map(), ours: new Map([['f', blocked]]), theirs: new Map([['f', rendered(a)]]) },
      'x',
    );
    expect(step).toMatchObject({ outcome: 'conflict', write: { path: 'f.ds-devops-new' } });
  });

  test('markers left from the last run are refused with file and line', () => {
    const left = { text: 'x\n<<<<<<< yours\n1\n=======\n2\n>>>>>>> ds-devops level 1\n' };
    expect(() => decide(a, left, b)).toThrow(/^f:2 still holds conflict markers/);
  });
});
