import fs from 'fs-extra';
import type { Pack, Template } from './packs.ts';

/** An extension point that a template leaves open. */
export interface Slot {
  readonly name: string;
  /** Whether only the last text that fills it counts, in the place of one that is there. */
  readonly overrides: boolean;
  /** What stands there if nothing fills it; empty for one that is only added to. */
  readonly fallback: string;
  /** What it is for, as the template says it. */
  readonly purpose: string;
  readonly template: Template;
  /** Where in the template it stands, from 1. */
  readonly line: number;
}

const call = /\b(slot|override)\(\s*(['"])([a-z0-9-]+)\2(.*?)\)\s*(?:[-_]?%>|[;),])/gs;
const words = /(['"])((?:\\.|(?!\1)[^\\])*)\1/g;

/** The slots that the templates of packs leave open, whatever the answers, in the order of packs, stages and files. */
export async function slotsOf(packs: readonly Pack[]): Promise<Slot[]> {
  const templates = packs.flatMap((pack) => pack.templates.filter(({ rendered }) => rendered));
  const found = await Promise.all(
    templates.map(async (template) => slotsIn(template, await fs.readFile(template.source, 'utf8'))),
  );
  return found.flat();
}

function slotsIn(template: Template, text: string): Slot[] {
  return [...text.matchAll(call)].map(({ index, 1: kind, 3: name = '', 4: rest = '' }) => {
    const said = [...rest.matchAll(words)].map(([, , each]) => each ?? '');
    const overrides = kind === 'override';
    const [fallback = '', purpose = ''] = overrides ? said : ['', ...said];
    return { name, overrides, fallback, purpose, template, line: text.slice(0, index).split('\n').length };
  });
}
