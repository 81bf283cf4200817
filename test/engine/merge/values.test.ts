import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse as parseYaml, stringify as yamlOf } from 'yaml';
import { combine, type Value } from '../../../generators/engine/merge/combine.ts';
import { adoptValues, mergeValues } from '../../../generators/engine/merge/values.ts';

const lines = (...each: string[]) => each.map((line) => `${line}\n`).join('');

describe('where lines conflict, values are merged into the document of the owner', () => {
  test('steps that both sides appended to a workflow', () => {
    const base = lines('on: push', 'jobs:', '  test:', '    steps:', '      - run: a');
    const ours = base.replace('run: a\n', "run: 'a'   # ours\n      - name: Notify\n        run: curl # tell them\n");
    const theirs = `${base}      - name: Upload\n        uses: actions/upload@v4\n`;
    const merged = mergeValues('.github/workflows/x.yml', base, ours, theirs);
    expect(merged).toBe(`${ours}      - name: Upload\n        uses: actions/upload@v4\n`);
  });

  test('an action that the template pins anew in a step that the owner changed', () => {
    const base = lines('steps:', '  - uses: actions/checkout@aaa', '    with: {depth: 1}');
    const ours = lines('steps:', '  - uses: actions/checkout@aaa', '    with: {depth: 0} # all of it');
    const theirs = lines('steps:', '  - uses: actions/checkout@bbb', '    with: {depth: 1}');
    expect(mergeValues('x.yaml', base, ours, theirs)).toBe(
      lines('steps:', '  - uses: actions/checkout@bbb', '    with: {depth: 0} # all of it'),
    );
  });

  test('dependencies and includes that both sides appended to pyproject.toml', () => {
    const text = (dependencies: string[], includes: string[]) =>
      lines(
        '[project]',
        'name = "demo" # the name',
        'dependencies = [',
        ...dependencies.map((each) => `  "${each}",`),
        '  # yours below this line',
        ']',
        '[tool.poe]',
        `include = [${includes.map((each) => `"${each}"`).join(', ')}]`,
      );
    const base = text(['numpy==2.0', 'uvicorn==1'], ['tasks/0.toml']);
    const ours = text(['numpy==2.0', 'uvicorn==1', 'polars>=1'], ['tasks/0.toml', 'tasks/ours.toml']);
    const theirs = text(['numpy==2.1', 'uvicorn==1', 'httptools==0.7'], ['tasks/0.toml', 'tasks/1.toml']);
    const merged = mergeValues('pyproject.toml', base, ours, theirs) as string;
    for (const kept of ['numpy==2.1', 'polars>=1', 'httptools==0.7', '# the name', '# yours below this line'])
      expect(merged).toContain(kept);
    expect(merged).not.toContain('numpy==2.0');
    expect(merged).toMatch(/include = \["tasks\/0\.toml", "tasks\/ours\.toml", "tasks\/1\.toml"\]/);
  });

  test('settings in JSON with comments', () => {
    const base = lines('{', '  // the image', '  "image": "a",', '  "extensions": ["x"]', '}');
    const ours = base.replace('["x"]', '["x", "ours"]');
    const theirs = base.replace('["x"]', '["x", "new"]');
    const merged = mergeValues('devcontainer.json', base, ours, theirs) as string;
    expect(merged).toContain('// the image');
    expect(merged.replace(/\s/g, '')).toContain('"extensions":["x","ours","new"]');
  });

  test('a list in JSON on one line loses its last entry', () => {
    expect(mergeValues('x.json', '{"a":["x"]}', '{"a":["y","x"]}', '{"a":[]}')).toBe('{"a":["y"]}');
  });

  test.each([
    ['the same value, two ways', 'x.yaml', 'a: 1\n', 'a: 2\n', 'a: 3\n'],
    ['one deleted what the other changed', 'x.yaml', 'a: 1\nb: 1\n', 'b: 1\n', 'a: 2\nb: 1\n'],
    ['a requirement, two ways', 'x.toml', 'd = ["a==1"]\n', 'd = ["a==2"]\n', 'd = ["a==3"]\n'],
    ['no document', 'x.yaml', 'a: 1\n', 'a: [\n', 'a: 3\n'],
    ['a format without values', 'x.md', 'a\n', 'b\n', 'c\n'],
    ['aliases', 'x.yaml', 'a: &x 1\n', 'a: &x 1\nb: *x\n', 'a: 1\nc: 1\n'],
    ['duplicate entries, whose place nobody knows', 'x.json', '["a", "a"]', '["a", "b"]', '["a", "c"]'],
  ])('is left to the owner: %s', (_, path, base, ours, theirs) => {
    expect(mergeValues(path, base, ours, theirs)).toBeUndefined();
  });

  test('is left to the owner: a comment of theirs would go with the entry that the template dropped', () => {
    const base = lines('a:', '  - x', '  - y');
    const ours = lines('a:', '  - x # why we need it', '  - y', '  - z');
    expect(mergeValues('x.yaml', base, ours, lines('a:', '  - y', '  - w'))).toBeUndefined();
  });
});

describe('--adopt', () => {
  const ours = lines(
    '[project] # ours',
    'name = "theirs"',
    'dependencies = ["numpy>=1"]',
    '',
    '[tool.poe.tasks]',
    'lint = "ruff"',
  );
  const theirs = lines(
    '[project]',
    'name = "demo"',
    'dependencies = ["numpy==2.1", "uvicorn==1"]',
    '',
    '[dependency-groups]',
    'dev = ["pytest==9"]',
    '',
    '[tool.poe]',
    'include = ["tasks/0.toml"]',
  );

  test('adds what a pyproject.toml lacks, keeps what it has, and names where both had a value', () => {
    const { text, kept } = adoptValues('pyproject.toml', ours, theirs) ?? { text: '', kept: [] };
    expect(kept).toEqual(['project.name', 'project.dependencies numpy>=1 (ours is numpy==2.1)']);
    for (const line of [
      '[project] # ours',
      'name = "theirs"',
      'lint = "ruff"',
      'uvicorn==1',
      'pytest==9',
      'tasks/0.toml',
    ])
      expect(text).toContain(line);
    expect(text).not.toContain('numpy==2.1');
    expect(adoptValues('pyproject.toml', text, theirs)).toEqual({ text, kept });
  });

  test('leaves a pyproject.toml that does not parse alone', () => {
    expect(adoptValues('pyproject.toml', '[project\n', theirs)).toBeUndefined();
  });
});

const scalar = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom('a', 'b', 'on', ''), fc.boolean());
const value: fc.Arbitrary<Value> = fc.letrec<{ any: Value }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.uniqueArray(scalar, { maxLength: 4, selector: (each) => `${typeof each}${each}` }) as fc.Arbitrary<Value>,
    fc.dictionary(fc.constantFrom('a', 'b', 'c', 'on'), tie('any'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).any;
const table = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), value, { minKeys: 1, noNullPrototype: true });
const runs = { numRuns: Number(process.env.PROPERTY_RUNS ?? 500) };

const combined = (...sides: [Value, Value, Value]) => {
  try {
    return combine(...sides);
  } catch {
    return undefined;
  }
};

describe('whatever the values', () => {
  test('one side alone is taken as it is', () => {
    fc.assert(
      fc.property(table, table, (base, side) => {
        expect(combine(base, side, base)).toEqual(side);
        expect(combine(base, base, side)).toEqual(side);
      }),
      runs,
    );
  });

  test('a document holds the merged value, in YAML and in JSON, or is left alone', () => {
    fc.assert(
      fc.property(table, table, table, (base, ours, theirs) => {
        const expected = combined(base, ours, theirs);
        const yaml = mergeValues('x.yaml', yamlOf(base), yamlOf(ours), yamlOf(theirs));
        const json = mergeValues(
          'x.json',
          ...([base, ours, theirs].map((each) => JSON.stringify(each)) as [string, string, string]),
        );
        if (expected === undefined) expect([yaml, json]).toEqual([undefined, undefined]);
        if (yaml !== undefined) expect(parseYaml(yaml)).toEqual(expected);
        if (json !== undefined) expect(JSON.parse(json)).toEqual(expected);
        if (expected !== undefined) expect(json).toBeDefined();
      }),
      runs,
    );
  });
});
