import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nameOf, packageOf, parseName } from '../../../generators/engine/answers/names.ts';

describe('a name that is given', () => {
  test.each(['demo', 'my-model', 'a', 'm2'])('%s is taken as it is', (name) => expect(parseName(name)).toBe(name));
  test.each(['Demo', 'my_model', '-a', 'a-', '3d', '', 'a.b', 'é', 'x'.repeat(41), 'numpy'])(
    '%j is refused, never bent',
    (name) => {
      expect(() => parseName(name)).toThrow(JSON.stringify(name).slice(1, -1));
    },
  );
});

describe("a directory's name", () => {
  test.each([
    ['Churn Prediction', 'churn-prediction'],
    ['my_model', 'my-model'],
    ['Modèle été', 'modele-ete'],
    ['2024-demo', 'demo'],
    ['numpy', 'numpy-service'],
  ])('%s is made %s', (directory, name) => expect(nameOf(directory)).toBe(name));

  test('is always made a valid name, or refused in one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (directory) => {
        try {
          expect(parseName(nameOf(directory))).toBe(nameOf(directory));
        } catch (error) {
          expect((error as Error).message).toMatch(/^the directory's name .*--name/);
        }
      }),
      { numRuns: 2000, examples: [['\u2028'], ['\u0085'], ['\u001b[2J']] },
    );
  });
});

test('a package hides no module of the standard library or of a dependency, and is no keyword', () => {
  expect(packageOf('my-model')).toBe('my_model');
  expect(packageOf('json')).toBe('json_service');
  expect(packageOf('class')).toBe('class_service');
  expect(packageOf('yaml')).toBe('yaml_service');
});
