import { isUtf8 } from 'node:buffer';
import fs from 'fs-extra';
import type { Answers } from '../answers/answers.ts';
import { digest } from '../disk/digest.ts';
import { whyNot } from '../disk/paths.ts';
import { UserError } from '../errors.ts';
import { modelFile } from '../model/model-formats.ts';
import { isSampleFormat, sampleFiles } from '../model/samples.ts';
import type { Composition } from './compose.ts';
import { builtIn, type Pack, type Template } from './packs.ts';
import { slotsOf } from './slots.ts';
import { type Functions, fillIn } from './templates.ts';

/** One file as it is to be emitted. */
export interface TreeFile {
  /** The bytes; absent for a file that is only known by its hash because it was handed over in an earlier run. */
  readonly content?: Buffer;
  readonly sha256: string;
  readonly executable: boolean;
  /** The level of the stage that brings the file. */
  readonly stage: number;
  /** The name of the pack that brings the file. */
  readonly pack: string;
  /** True where the lock records the hash and not the content: models and samples, which may be large, and what holds a secret. */
  readonly byHash?: true;
  /** The names of the secret answers that its template, or what fills a slot of it, speaks of. */
  readonly secrets?: readonly string[];
}

/** The emitted repository as a value: path (`/`-separated, relative) → file. */
export type Tree = ReadonlyMap<string, TreeFile>;

/** A repository of text is far from it; a template that never ends would fill the disk. */
const largestTree = 128 * 2 ** 20;

/** A template that applies, with the pack that brings it. */
interface Applied {
  readonly template: Template;
  readonly pack: Pack;
}

/**
 * Renders the packs, in order, a later one's file taking the place of an earlier one's with the same path.
 *
 * A template sees the answers by name; `slot(name)`: the text of every `slots/<name>.ejs` that the packs' stages up to the
 * level bring, in order; and `override(name, text)`: the last of these, else the text. A further word to either says what
 * the slot is for, and is for the list of slots in the documentation.
 *
 * @throws UserError if a template throws or names an unknown variable, if two paths get in each other's way, or if a pack
 *   removes or fills what there is not; the message names the pack, the file and the line.
 */
export async function render({ packs, questions }: Composition, answers: Answers): Promise<Tree> {
  const applied = packs.flatMap((pack) =>
    pack.templates.filter((template) => applies(template, answers)).map((template) => ({ template, pack })),
  );
  const texts = new Map(
    await Promise.all(applied.map(async ({ template: { source } }) => [source, await fs.readFile(source)] as const)),
  );
  const bytes = ({ template }: Applied) => texts.get(template.source) as Buffer;
  const slots = Map.groupBy(
    applied.filter(({ template }) => template.kind === 'slot'),
    ({ template }) => template.target,
  );
  const opened = new Set<string>();
  const filling = (name: string) => {
    opened.add(name);
    return (slots.get(name) ?? []).map((each) => withLineEnd(fill(each)));
  };
  const functions: Functions = {
    slot: (name) => filling(name).join(''),
    override: (name, text) => filling(name).at(-1)?.trim() || text,
  };
  const locals = { ...answers.packAnswers, ...answers, ...derived(answers), ...functions };
  const secret = questions.filter((question) => question.secret).map(({ name }) => name);
  const used = new Set<string>();
  const fill = (each: Applied) => {
    const text = textOf(each, bytes(each));
    // By the word, not by looking at what is read: EJS reads all that it hands on to a template.
    for (const name of secret) if (new RegExp(`\\b${name}\\b`).test(text)) used.add(name);
    return fillIn(each.pack.name, each.template.source, text, locals);
  };

  const brought = new Map<string, Applied>();
  for (const pack of packs) {
    for (const path of removals(pack, packs, answers)) brought.delete(path);
    for (const each of applied)
      if (each.pack === pack && each.template.kind === 'file') brought.set(placeOf(each, answers, secret), each);
  }
  const tree = new Map<string, TreeFile>();
  let size = 0;
  for (const [path, each] of brought) {
    const { rendered, executable, level: stage } = each.template;
    used.clear();
    const content = rendered ? Buffer.from(fill(each)) : bytes(each);
    size += content.length;
    if (size > largestTree)
      throw new UserError(
        `the pack ${each.pack.name}: ${each.template.source}: with it more than ${largestTree / 2 ** 20} MiB are rendered, the most there can be: emit less`,
      );
    const secrets = used.size > 0 ? { byHash: true as const, secrets: [...used] } : {};
    tree.set(path, { content, sha256: digest(content), executable, stage, pack: each.pack.name, ...secrets });
  }
  for (const [path, file] of handedFiles(answers)) tree.set(path, file);
  refuseCollisions(tree, brought);
  await refuseUnopened(packs, slots, opened);
  return new Map([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A template's text with `\n` at its lines' ends, however the pack was checked out, and without a byte order mark. */
function textOf({ template: { source }, pack }: Applied, bytes: Buffer): string {
  if (isUtf8(bytes))
    return bytes
      .toString()
      .replace(/^\ufeff/, '')
      .replaceAll('\r\n', '\n');
  throw new UserError(
    `the pack ${pack.name}: ${source} is no UTF-8 text: save it as that, or take .ejs off its name and its bytes are copied as they are`,
  );
}

const withLineEnd = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);

/** The paths that a pack takes away from what the packs before it emit. */
function removals({ manifest: { remove = [] }, refuse }: Pack, packs: readonly Pack[], answers: Answers): string[] {
  if (remove.length === 0) return [];
  const before = packs.slice(
    0,
    packs.findIndex((pack) => pack.refuse === refuse),
  );
  const known = new Set(before.flatMap(({ templates }) => templates.map(({ target }) => pathOf(target, answers))));
  return remove.map((entry, index) => {
    const path = pathOf(entry, answers);
    if (known.has(path)) return path;
    throw refuse(['remove', index], `no pack before it has a file ${JSON.stringify(entry)}: take the entry out`);
  });
}

/** A template's path under some answers: what stands between double underscores is an answer, if there is one of that name. */
export function pathOf(target: string, { packAnswers, ...answers }: Partial<Answers>): string {
  const values: Readonly<Record<string, unknown>> = { ...packAnswers, ...answers };
  return target.replace(/__([a-zA-Z][a-zA-Z0-9]*)__/g, (placeholder, answer: string) =>
    String(values[answer] ?? placeholder),
  );
}

function placeOf({ template: { source, target }, pack }: Applied, answers: Answers, secret: readonly string[]): string {
  const told = secret.find((name) => target.includes(`__${name}__`));
  if (told)
    throw new UserError(`the pack ${pack.name}: ${source}: its path would tell the secret ${told}: name it otherwise`);
  const path = pathOf(target, answers);
  const why = whyNot(path);
  if (why) throw new UserError(`the pack ${pack.name}: ${source}: its path, now ${JSON.stringify(path)}, ${why}`);
  return path;
}

/** Two paths that differ in case only are one file on many file systems, and a file cannot be a folder as well. */
function refuseCollisions(tree: Tree, brought: ReadonlyMap<string, Applied>): void {
  const told = (path: string) => {
    const { template, pack } = brought.get(path) ?? {};
    return template ? `${path} (the pack ${pack?.name}: ${template.source})` : path;
  };
  const folded = new Map<string, string>();
  const fold = (path: string) => path.normalize('NFC').toLowerCase();
  for (const path of tree.keys()) {
    const other = folded.get(fold(path));
    if (other !== undefined)
      throw new UserError(`${told(other)} and ${told(path)} differ in case only: give one of them another name`);
    folded.set(fold(path), path);
  }
  for (const path of tree.keys())
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const file = folded.get(fold(path.slice(0, at)));
      if (file !== undefined)
        throw new UserError(
          `${told(file)} is a file, and ${told(path)} needs a folder there: give one of them another name`,
        );
    }
}

/** A slot that no template leaves open, whatever the answers, would silently say nothing. */
async function refuseUnopened(
  packs: readonly Pack[],
  slots: ReadonlyMap<string, readonly Applied[]>,
  opened: ReadonlySet<string>,
): Promise<void> {
  const unopened = [...slots].filter(([name]) => !opened.has(name));
  if (unopened.length === 0) return;
  const known = new Set((await slotsOf(packs)).map(({ name }) => name));
  for (const [name, [first]] of unopened) {
    if (known.has(name) || !first) continue;
    const { closest } = await import('fastest-levenshtein');
    const guess = known.size > 0 ? `: did you mean ${closest(name, [...known])}?` : '';
    throw new UserError(
      `the pack ${first.pack.name}: ${first.template.source}: no template leaves a slot ${name} open${guess}`,
    );
  }
}

/** What the user handed over: the model, where the emitted service looks for it, and the rows to test it with. */
function handedFiles(answers: Answers): [path: string, file: TreeFile][] {
  const { model, modelSha256, modelContent, samples, samplesSha256, samplesContent } = answers;
  const files: [string | undefined, string | undefined, Buffer | undefined][] = [
    [model === 'example' ? undefined : `model/${modelFile(model)}`, modelSha256, modelContent],
    [samplesFile(samples), samplesSha256, samplesContent],
  ];
  return files.flatMap(([path, sha256, content]) => {
    if (path === undefined || sha256 === undefined) return [];
    const bytes = content ? { content } : {};
    return [[path, { ...bytes, sha256, executable: false, stage: 0, pack: builtIn, byHash: true }]];
  });
}

const samplesFile = (samples: string) => (isSampleFormat(samples) ? sampleFiles[samples] : undefined);

/** What follows from the answers, and templates see beside them; `rows`: where those come from that the model is judged on. */
const derived = ({ model, featureNames, samples }: Answers) => ({
  modelFile: modelFile(model),
  featureNames,
  samplesFile: samplesFile(samples),
  rows: model === 'example' ? 'training' : isSampleFormat(samples) ? 'samples' : 'none',
});

function applies({ level, conditions }: Template, answers: Answers): boolean {
  const values: Readonly<Record<string, unknown>> = { ...answers.packAnswers, ...answers, ...derived(answers) };
  return (
    level <= answers.level &&
    conditions.every(([answer, allowed]) => allowed.split(',').includes(String(values[answer])))
  );
}
