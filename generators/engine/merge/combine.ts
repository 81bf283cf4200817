import { isDeepStrictEqual } from 'node:util';

/** What YAML, JSON and TOML hold. */
export type Value = string | number | bigint | boolean | null | Date | Value[] | { [key: string]: Value };
type Maybe = Value | undefined;
type Table = { [key: string]: Value };

const isTable = (value: Maybe): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

const conflict = (): never => {
  throw new Error('the values conflict');
};

/**
 * Merges what two sides made of one value: tables key by key, lists entry by entry.
 *
 * @throws Error where both changed the same value differently.
 */
export function combine(base: Value, ours: Value, theirs: Value): Value {
  return combined(base, ours, theirs) as Value;
}

function combined(base: Maybe, ours: Maybe, theirs: Maybe): Maybe {
  if (isDeepStrictEqual(ours, theirs) || isDeepStrictEqual(base, theirs)) return ours;
  if (isDeepStrictEqual(base, ours)) return theirs;
  if (isTable(ours) && isTable(theirs)) return combineTables(isTable(base) ? base : {}, ours, theirs);
  if (Array.isArray(ours) && Array.isArray(theirs)) return combineLists(Array.isArray(base) ? base : [], ours, theirs);
  return conflict();
}

function combineTables(base: Table, ours: Table, theirs: Table): Table {
  const merged: Table = {};
  for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const value = combined(own(base, key), own(ours, key), own(theirs, key));
    if (value !== undefined)
      Object.defineProperty(merged, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return merged;
}

const own = (table: Table, key: string): Maybe => (Object.hasOwn(table, key) ? table[key] : undefined);

function combineLists(base: Value[], ours: Value[], theirs: Value[]): Value[] {
  const [before, mine, rendered] = [keyed(base), keyed(ours), keyed(theirs)];
  // Entries that a side has put into another order have no place that suits both.
  const order = (side: ReadonlyMap<string, Value>) => [...side.keys()].filter((key) => before.has(key));
  const inBoth = order(mine).filter((key) => rendered.has(key));
  const theirOrder = order(rendered);
  if (
    !isDeepStrictEqual(
      theirOrder,
      order(before).filter((key) => rendered.has(key)),
    )
  )
    return conflict();
  if (
    !isDeepStrictEqual(
      inBoth,
      theirOrder.filter((key) => mine.has(key)),
    )
  )
    return conflict();
  const merged: [string, Value][] = [];
  for (const [key, value] of mine) {
    const now = combined(before.get(key), value, rendered.get(key));
    if (now !== undefined) merged.push([key, now]);
  }
  let previous: string | undefined;
  for (const [key, value] of rendered) {
    if (!mine.has(key) && combined(before.get(key), undefined, value) !== undefined) {
      // After the entry that it follows in the template, and after what the owner added there.
      let at = merged.findIndex(([known]) => known === previous) + 1;
      while (at < merged.length && !before.has(merged[at]?.[0] as string) && !rendered.has(merged[at]?.[0] as string))
        at += 1;
      merged.splice(at, 0, [key, value]);
    }
    if (merged.some(([known]) => known === key)) previous = key;
  }
  return merged.map(([, value]) => value);
}

function keyed(list: Value[]): Map<string, Value> {
  const entries = new Map(list.map((value) => [keyOf(value), value]));
  return entries.size === list.length ? entries : conflict();
}

/** What makes an entry of a list the same one in both versions: a requirement's name, or what names a table in its tool. */
export function keyOf(value: Value): string {
  if (typeof value === 'string') {
    // PEP 508: the name is compared without regard to case and to the kind of its separators (PEP 503).
    const [, name] = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\]\s*)?(?:[<>=!~]=|[<>;]|@ ).*$/.exec(value) ?? [];
    return name === undefined ? `text ${value}` : `text ${name.toLowerCase().replace(/[-_.]+/g, '-')}`;
  }
  if (!isTable(value)) return `value ${String(value)} ${typeof value}`;
  for (const name of ['id', 'name', 'repo', 'path', 'include-group'])
    if (typeof value[name] === 'string') return `${name} ${value[name]}`;
  if (typeof value.uses === 'string') return `uses ${value.uses.split('@')[0]}`;
  return JSON.stringify(value, (_, held) => (typeof held === 'bigint' ? String(held) : held));
}

/**
 * What the owner has, and what only the template has.
 *
 * @param kept receives the dotted keys where both had a value and the owner's stayed, of a list with the entry.
 */
export function fill(ours: Value, theirs: Value, kept: string[], at = ''): Value {
  if (isTable(ours) && isTable(theirs)) {
    const filled: Table = { ...ours };
    for (const [key, value] of Object.entries(theirs))
      filled[key] = Object.hasOwn(ours, key) ? fill(ours[key] as Value, value, kept, at ? `${at}.${key}` : key) : value;
    return filled;
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const has = new Map(ours.map((value) => [keyOf(value), value]));
    for (const value of theirs) {
      const mine = has.get(keyOf(value));
      if (mine !== undefined && !isDeepStrictEqual(mine, value))
        kept.push(typeof mine === 'string' ? `${at} ${mine} (ours is ${value})` : at);
    }
    return [...ours, ...theirs.filter((value) => !has.has(keyOf(value)))];
  }
  if (!isDeepStrictEqual(ours, theirs)) kept.push(at);
  return ours;
}
