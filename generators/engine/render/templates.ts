import { Script } from 'node:vm';
import ejs from 'ejs';
import { UserError } from '../errors.ts';

/** What a template can call, by name. */
export interface Functions {
  /** The texts of all packs and stages that fill the slot, in order. */
  readonly slot: (name: string, purpose?: string) => string;
  /** The last text that fills the slot, without white space around it; else the one that is given. */
  readonly override: (name: string, text: string, purpose?: string) => string;
}

/** The error of a template, told once: EJS writes context of its own into the message of what passes through it. */
class TemplateError extends UserError {
  readonly told: string;
  constructor(told: string) {
    super(told);
    this.told = told;
  }
}

const include = () => {
  throw new Error('include() is not there: fill a slot instead');
};

/**
 * The text that a template makes of what it sees.
 *
 * @param source the template's file.
 * @throws UserError that names the pack, the file and the line, if the template throws or names an unknown variable.
 */
export function fillIn(pack: string, source: string, text: string, locals: ejs.Data): string {
  try {
    return ejs.render(text, locals, { filename: source, escape: String, includer: include });
  } catch (error) {
    if (error instanceof TemplateError) throw new TemplateError(error.told);
    const line = lineOf(text, source, error as Error);
    const reason = String((error as Error).message)
      .replace(/ in \S+ while compiling ejs[\s\S]*$/, '')
      .trim()
      .split('\n')
      .at(-1);
    throw new TemplateError(`the pack ${pack}: ${source}${line ? `:${line}` : ''} cannot be rendered: ${reason}`);
  }
}

/** The line of a template that an error is of; undefined where EJS cannot tell. */
function lineOf(text: string, source: string, error: Error): number | undefined {
  const told = error.message.startsWith(`${source}:`) && /^\d+/.exec(error.message.slice(source.length + 1));
  if (told) return Number(told[0]);
  const open = /^Could not find matching close tag for "(.*)"/.exec(error.message)?.[1];
  if (open) return lineAt(text, lastUnclosed(text, open));
  if (error instanceof SyntaxError) return lineOfSyntax(text);
  return undefined;
}

const lineAt = (text: string, offset: number) => text.slice(0, offset).split('\n').length;

function lastUnclosed(text: string, open: string): number {
  for (let at = text.lastIndexOf(open); at > 0; at = text.lastIndexOf(open, at - 1))
    if (!text.slice(at).includes('%>')) return at;
  return 0;
}

/** JavaScript names a line of what EJS made of the template, and EJS writes there which line of the template it came to. */
function lineOfSyntax(text: string): number | undefined {
  const template = new ejs.Template(text, { escape: String }) as unknown as { source: string; compile(): unknown };
  try {
    template.compile();
    return undefined;
  } catch {
    return lineBefore(template.source, brokenAt(template.source));
  }
}

function brokenAt(source: string): number | undefined {
  try {
    new Script(`(function () {${source}\n})`, { filename: 'template' });
    return undefined;
  } catch (error) {
    return Number(/^template:(\d+)/.exec(String((error as Error).stack))?.[1]);
  }
}

function lineBefore(source: string, line: number | undefined): number | undefined {
  if (line === undefined) return undefined;
  const marks = source
    .split('\n')
    .slice(0, line)
    .map((each) => /__line = (\d+)/.exec(each)?.[1])
    .filter((each) => each !== undefined);
  return Number(marks.at(-1) ?? 1);
}
