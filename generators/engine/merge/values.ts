import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { combine, fill, type Value } from './combine.ts';
import { documentOf } from './documents.ts';
import { withMissingTables } from './toml-tables.ts';

/**
 * Merges the values of a YAML, JSON or TOML file where its lines conflict, into the owner's own document: the result is
 * taken only if it parses to exactly the merged value and every comment of the owner's is still there.
 *
 * @param path tells the format by its ending.
 * @param base the texts with `\n` line ends.
 * @returns undefined where the format is none of these, the values conflict too, or the result does not hold.
 */
export function mergeValues(path: string, base: string, ours: string, theirs: string): string | undefined {
  return verified(path, ours, (parse) => combine(parse(base), parse(ours), parse(theirs)));
}

/** A file of the owner's own with what it lacked, and the keys (dotted) where both had a value and the owner's stayed. */
export interface Filled {
  readonly text: string;
  readonly kept: string[];
}

/** Fills a TOML file of the owner's own up with what a rendered one has and it lacks; undefined as for {@link mergeValues}. */
export function adoptValues(path: string, ours: string, theirs: string): Filled | undefined {
  if (!path.endsWith('.toml')) return undefined;
  const kept: string[] = [];
  const text = verified(
    path,
    ours,
    (parse) => fill(parse(ours), parse(theirs), kept),
    (parse) => withMissingTables(ours, theirs, parse),
  );
  return text === undefined ? undefined : { text, kept };
}

type Parse = (text: string) => Value;

/** @param begin a text to begin with in the place of the owner's: one that has more of the merged value already. */
function verified(
  path: string,
  ours: string,
  merge: (parse: Parse) => Value,
  begin: (parse: Parse) => string = () => ours,
): string | undefined {
  const document = documentOf(path, createRequire(import.meta.url));
  if (!document) return undefined;
  try {
    const value = merge(document.parse);
    const begun = begin(document.parse);
    const text = isDeepStrictEqual(document.parse(begun), value) ? begun : document.rewrite(begun, value);
    if (!isDeepStrictEqual(document.parse(text), value)) return undefined;
    const left = document.comments(text);
    const all = document.comments(ours).every((comment) => {
      const at = left.indexOf(comment);
      return at >= 0 && left.splice(at, 1).length > 0;
    });
    return all ? text : undefined;
  } catch {
    // Does not parse, has values that no merge is defined for, or conflicts in its values: the markers say so.
    return undefined;
  }
}
