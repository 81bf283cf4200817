import { isDeepStrictEqual } from 'node:util';
import type * as Jsonc from 'jsonc-parser';
import type * as Yaml from 'yaml';
import { keyOf, type Value } from './combine.ts';
import { mergeLines } from './merge.ts';

/** A format of structured text: how it is read, rewritten to hold another value, and what its comments are. */
export interface DocumentFormat {
  /** @throws Error if the text is not of the format, or has more than plain values. */
  readonly parse: (text: string) => Value;
  /** The text with another value; comments and ways of writing stay where their values do. */
  readonly rewrite: (text: string, value: Value) => string;
  readonly comments: (text: string) => string[];
}

/** The format that a path's ending says. The parsers are loaded when one is asked for: most runs need none. */
export function documentOf(path: string, require: NodeJS.Require): DocumentFormat | undefined {
  if (/\.ya?ml$/.test(path)) return yamlFormat(require('yaml'));
  if (/\.jsonc?$/.test(path)) return jsonFormat(require('jsonc-parser'));
  if (path.endsWith('.toml')) return tomlFormat(require('@decimalturn/toml-patch'));
  return undefined;
}

function yamlFormat(yaml: typeof Yaml): DocumentFormat {
  const documentIn = (text: string) => {
    const documents = yaml.parseAllDocuments(text);
    const [document] = documents as Yaml.Document.Parsed[];
    if (!document || documents.length !== 1 || document.errors.length > 0) throw new Error('no single YAML document');
    yaml.visit(document, {
      Alias: () => {
        throw new Error('an alias has no value of its own');
      },
      Node: (_, node) => {
        if (node.tag && !node.tag.startsWith('tag:yaml.org,2002:')) throw new Error('a tag of its own');
      },
    });
    return document;
  };
  const parse = (text: string) => documentIn(text).toJS() as Value;
  const written = (document: Yaml.Document) => document.toString({ lineWidth: 0, flowCollectionPadding: false });
  return {
    parse,
    rewrite: (text, value) => {
      const document = documentIn(text);
      const plain = written(document);
      document.contents = updated(yaml, document, document.contents, document.toJS(), value) as never;
      const changed = written(document);
      // Only what changed is taken over from the library's way of writing; all else stays as its owner wrote it.
      const { text: spliced, conflicts } = mergeLines(plain, text, changed, { ours: 'a', theirs: 'b' });
      return conflicts === 0 ? spliced : changed;
    },
    comments: (text) =>
      [...new yaml.Lexer().lex(text)].filter((token) => token.startsWith('#')).map((comment) => comment.trim()),
  };
}

/** The node with another value: nodes whose values stay are kept, with their comments. */
function updated(yaml: typeof Yaml, document: Yaml.Document, node: unknown, from: Value, to: Value): unknown {
  if (isDeepStrictEqual(from, to)) return node;
  if (yaml.isMap(node) && isPlain(from) && isPlain(to)) {
    for (const key of Object.keys(from)) if (!(key in to)) node.delete(key);
    for (const [key, value] of Object.entries(to)) {
      if (!(key in from)) node.add(document.createPair(key, value));
      else {
        const pair = node.items.find((item) => String(yaml.isScalar(item.key) ? item.key.value : item.key) === key);
        if (pair) pair.value = updated(yaml, document, pair.value, from[key] as Value, value);
      }
    }
    return node;
  }
  if (yaml.isSeq(node) && Array.isArray(from) && Array.isArray(to)) {
    const known = new Map(from.map((value, index) => [keyOf(value), index]));
    node.items = to.map((value) => {
      const index = known.get(keyOf(value));
      if (index === undefined) return document.createNode(value);
      return updated(yaml, document, node.items[index], from[index] as Value, value);
    });
    return node;
  }
  const made = document.createNode(to);
  if (yaml.isScalar(node) && yaml.isScalar(made)) {
    node.value = made.value;
    return node;
  }
  return made;
}

const isPlain = (value: Value): value is { [key: string]: Value } =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

function jsonFormat(jsonc: typeof Jsonc): DocumentFormat {
  const parse = (text: string) => {
    const errors: Jsonc.ParseError[] = [];
    const value = jsonc.parse(text, errors, { allowTrailingComma: true }) as Value | undefined;
    if (errors.length > 0 || value === undefined) throw new Error('no JSON');
    return value;
  };
  return {
    parse,
    rewrite: (text, value) => {
      const tabs = /^\t/m.test(text);
      const tabSize = /^( +)\S/m.exec(text)?.[1]?.length ?? 2;
      const formattingOptions = { insertSpaces: !tabs, tabSize, eol: '\n' };
      const edit = (now: string, at: Jsonc.JSONPath, to: Value | undefined, isArrayInsertion = false) =>
        jsonc.applyEdits(now, jsonc.modify(now, at, to, { formattingOptions, isArrayInsertion }));
      const write = (now: string, at: Jsonc.JSONPath, from: Value, to: Value): string => {
        if (isDeepStrictEqual(from, to)) return now;
        if (isPlain(from) && isPlain(to)) {
          let result = now;
          for (const key of Object.keys(from)) if (!(key in to)) result = edit(result, [...at, key], undefined);
          for (const [key, held] of Object.entries(to))
            result =
              key in from ? write(result, [...at, key], from[key] as Value, held) : edit(result, [...at, key], held);
          return result;
        }
        if (Array.isArray(from) && Array.isArray(to)) {
          let result = now;
          const has = [...from];
          for (const [index, held] of to.entries()) {
            const there = has[index];
            if (there !== undefined && keyOf(there) === keyOf(held))
              result = write(result, [...at, index], there, held);
            else {
              result = edit(result, [...at, index], held, true);
              has.splice(index, 0, held);
            }
          }
          for (let index = has.length - 1; index >= to.length; index -= 1)
            result = withoutEntry(jsonc, result, [...at, index]);
          return result;
        }
        return edit(now, at, to);
      };
      return write(text, [], parse(text), value);
    },
    comments: (text) => {
      const found: string[] = [];
      jsonc.visit(text, { onComment: (offset, length) => found.push(text.slice(offset, offset + length).trim()) });
      return found;
    },
  };
}

/** The text without an entry of a list. The library's own removal of a last one breaks lists that stand on one line. */
function withoutEntry(jsonc: typeof Jsonc, text: string, at: Jsonc.JSONPath): string {
  const tree = jsonc.parseTree(text, [], { allowTrailingComma: true }) as Jsonc.Node;
  const entries = jsonc.findNodeAtLocation(tree, at.slice(0, -1))?.children as Jsonc.Node[];
  const index = at.at(-1) as number;
  const [before, entry, after] = [entries[index - 1], entries[index], entries[index + 1]] as Jsonc.Node[];
  const end = (node: Jsonc.Node) => node.offset + node.length;
  const [from, to] = before
    ? [end(before), end(entry as Jsonc.Node)]
    : [(entry as Jsonc.Node).offset, after ? after.offset : end(entry as Jsonc.Node)];
  return text.slice(0, from) + text.slice(to);
}

interface TomlPatch {
  parse(text: string): Value;
  patch(existing: string, updated: Value): string;
}

function tomlFormat({ parse, patch }: TomlPatch): DocumentFormat {
  return {
    parse: (text) => plain(parse(text)),
    rewrite: (text, value) => withoutLastCommas(patch(text, value)),
    comments: tomlComments,
  };
}

/** The library ends inline tables with a comma where lists do; TOML 1.0, which Python reads, does not know that. */
function withoutLastCommas(text: string): string {
  const skipped = /("""(?:\\[\s\S]|[^\\])*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|#[^\n]*)|,(\s*)\}/g;
  return text.replace(skipped, (_, kept?: string, space?: string) => kept ?? `${space}}`);
}

/** The library's tables have no prototype, which sets them apart from all others when they are compared. */
function plain(value: Value): Value {
  if (Array.isArray(value)) return value.map(plain);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, plain(held)]));
}

/** The comments of a TOML text: what follows a `#` outside of the four kinds of strings. */
function tomlComments(text: string): string[] {
  const strings = /"""(?:\\[\s\S]|[^\\])*?"""|'''[\s\S]*?'''|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|(#[^\n]*)/g;
  return [...text.matchAll(strings)].flatMap(([, comment]) => (comment === undefined ? [] : [comment.trim()]));
}
