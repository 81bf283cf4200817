import type { Value } from './combine.ts';

/** One table of a TOML text as it is written: its header, what stands under it, and the comments right above it. */
interface Table {
  readonly path: readonly string[];
  readonly isArray: boolean;
  readonly text: string;
}

const header =
  /^(\[\[?)\s*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*\]\]?\s*(?:#.*)?$/;

/**
 * An owner's TOML text with those tables of another at its end, as they are written there, of which it has no key yet. A text
 * that would not parse with a table is left without it: whoever calls holds the result to the value that it shall have.
 */
export function withMissingTables(ours: string, theirs: string, parse: (text: string) => Value): string {
  let text = ours;
  for (const table of tablesOf(theirs)) {
    const longer = `${text.trimEnd()}\n\n${table.text}`;
    if (lacks(parse(ours), parse(table.text), table) && parses(longer, parse)) text = longer;
  }
  return text;
}

function tablesOf(text: string): Table[] {
  const tables: { path: string[]; isArray: boolean; lines: string[] }[] = [];
  let above: string[] = [];
  for (const line of text.split('\n')) {
    const [, open, name] = header.exec(line) ?? [];
    if (name !== undefined) {
      const path = [...name.matchAll(/[\w-]+|"[^"]*"|'[^']*'/g)].map(([key]) => key.replace(/^["']|["']$/g, ''));
      tables.push({ path, isArray: open === '[[', lines: [...above, line] });
      above = [];
    } else if (/^#/.test(line)) above.push(line);
    else {
      tables.at(-1)?.lines.push(...above, line);
      above = [];
    }
  }
  tables.at(-1)?.lines.push(...above);
  return tables.map(({ path, isArray, lines }) => ({ path, isArray, text: `${lines.join('\n').trim()}\n` }));
}

function lacks(mine: Value, table: Value, { path, isArray }: Table): boolean {
  const held = at(mine, path);
  if (held === undefined) return true;
  const brought = at(table, path);
  return !isArray && isTable(held) && isTable(brought) && Object.keys(brought).every((key) => !(key in held));
}

const at = (value: Value, path: readonly string[]): Value | undefined =>
  path.reduce<Value | undefined>((within, key) => (isTable(within) ? within[key] : undefined), value);

const isTable = (value: Value | undefined): value is { [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function parses(text: string, parse: (text: string) => Value): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
