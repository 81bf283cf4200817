import ejs from 'ejs';
import fs from 'fs-extra';
import type { Answers } from './answers.ts';
import { digest } from './digest.ts';
import { UserError } from './errors.ts';
import type { Pack, Template } from './packs.ts';

/** One file as it is to be emitted. */
export interface TreeFile {
  /** The bytes; absent for a file that is only known by its hash because it was handed over in an earlier run (a model). */
  readonly content?: Buffer;
  readonly sha256: string;
  readonly executable: boolean;
  /** The level of the stage that brings the file. */
  readonly stage: number;
  /** The name of the pack that brings the file. */
  readonly pack: string;
  /** True where the lock records the hash and not the content: models, which may be large. */
  readonly byHash?: true;
}

/** The emitted repository as a value: path (`/`-separated, relative) → file. */
export type Tree = ReadonlyMap<string, TreeFile>;

/**
 * Renders the packs, in order, a later one's file taking the place of an earlier one's with the same path.
 *
 * A template sees the answers by name, and `slot(name)`: the text of every `slots/<name>.ejs` that the packs' stages up
 * to the level bring, in order.
 *
 * @throws UserError if a template throws or names an unknown variable; the message names the file.
 */
export async function render(packs: readonly Pack[], answers: Answers): Promise<Tree> {
  const templates = packs.flatMap((pack) =>
    pack.templates.filter((template) => applies(template, answers)).map((template) => ({ template, pack: pack.name })),
  );
  const sources = new Map(
    await Promise.all(
      templates.map(async ({ template }) => [template.source, await fs.readFile(template.source)] as const),
    ),
  );
  const bytes = (template: Template) => sources.get(template.source) as Buffer;
  const fill = (template: Template) => renderText(template.source, bytes(template).toString(), locals);
  const slots = Map.groupBy(
    templates.map(({ template }) => template).filter(({ kind }) => kind === 'slot'),
    ({ target }) => target,
  );
  const locals = { ...answers, slot: (name: string) => (slots.get(name) ?? []).map(fill).join('') };

  const tree = new Map<string, TreeFile>();
  for (const { template, pack } of templates) {
    if (template.kind === 'slot') continue;
    const path = pathOf(template.target, answers);
    const content = template.rendered ? Buffer.from(fill(template)) : bytes(template);
    tree.set(path, {
      content,
      sha256: digest(content),
      executable: template.executable,
      stage: template.level,
      pack,
    });
  }
  const model = modelFile(answers);
  if (model) tree.set(model.path, model.file);
  return new Map([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function pathOf(target: string, answers: Partial<Answers>): string {
  return target.replace(/__([a-zA-Z]+)__/g, (placeholder, answer: keyof Answers) =>
    String(answers[answer] ?? placeholder),
  );
}

/**
 * The files that have another path now than when they were last rendered: those that a pack renamed in a version since, and
 * those with an answer in their path that is another one now.
 *
 * @param last the answers of that time, and the versions of the packs.
 */
export async function renamesSince(
  packs: readonly Pack[],
  last: { readonly answers: Partial<Answers>; readonly versions: Readonly<Record<string, string>> },
  answers: Answers,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { name, templates, renames } of packs) {
    const version = last.versions[name];
    const { default: semver } = renames.length > 0 ? await import('semver') : { default: undefined };
    const since = renames.filter(([of]) => version !== undefined && semver?.gt(of, version)).map(([, paths]) => paths);
    const declared = new Map(since.flatMap((paths) => Object.entries(paths)));
    const latest = (target: string) => {
      let now = target;
      for (const paths of since) now = paths[now] ?? now;
      return now;
    };
    for (const target of [...declared.keys(), ...templates.map((template) => template.target)]) {
      const [old, now] = [pathOf(target, last.answers), pathOf(latest(target), answers)];
      if (old !== now) found.set(old, now);
    }
  }
  return found;
}

/** A model that the user handed over: it is served from where the emitted service looks for it. */
function modelFile({ model, modelSha256, modelContent }: Answers): { path: string; file: TreeFile } | undefined {
  if (model === 'example' || modelSha256 === undefined) return undefined;
  return {
    path: `model/model.${model}`,
    file: {
      ...(modelContent ? { content: modelContent } : {}),
      sha256: modelSha256,
      executable: false,
      stage: 0,
      pack: 'ds-devops',
      byHash: true,
    },
  };
}

function applies({ level, conditions }: Template, answers: Answers): boolean {
  const values = answers as unknown as Record<string, unknown>;
  return level <= answers.level && conditions.every(([answer, value]) => values[answer] === value);
}

function renderText(source: string, text: string, locals: ejs.Data): string {
  try {
    return ejs.render(text, locals, { filename: source, escape: String });
  } catch (error) {
    const reason = String((error as Error).message)
      .trim()
      .split('\n')
      .at(-1);
    throw new UserError(`the template ${source} cannot be rendered: ${reason}`);
  }
}
