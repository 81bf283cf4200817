import path from 'node:path';
import fs from 'fs-extra';
import { builtInFolder, readPack } from '../generators/engine/render/packs.ts';
import { type Slot, slotsOf } from '../generators/engine/render/slots.ts';
import { stages } from '../generators/engine/render/stages.ts';

/** The list of slots in the documentation, as it follows from the templates. */
export async function slotsPage(): Promise<string> {
  const slots = await slotsOf([await readPack(builtInFolder)]);
  const names = Map.groupBy(slots, ({ name }) => name);
  const parts = stages.flatMap(({ level, title }) => {
    const here = [...names].filter(([, all]) => all[0]?.template.level === level);
    return here.length > 0 ? [`## ${level} ${title}\n\n${here.map(([name, all]) => entry(name, all)).join('')}`] : [];
  });
  return `# Slots

The extension points that the generator's own templates leave open. A pack fills one with \`slots/NAME.ejs\` in the folder of
a stage; from that stage on, every pack's text stands there, in the order of the packs. Of a slot that *replaces*, the last
text counts, in the place of what is named here. [Template packs](packs.md) says how to make one.

This page is written by \`npm run docs\` from the templates.

${parts.join('\n')}`;
}

function entry(name: string, all: readonly Slot[]): string {
  const [first] = all;
  const purpose = all.find((slot) => slot.purpose)?.purpose ?? '';
  const places = [...new Set(all.map(placeOf))].join(', ');
  const replaced = first?.overrides ? ` Replaces ${quoted(first.fallback)}.` : '';
  return `- **${name}**: ${purpose}.${replaced} In ${places}.\n`;
}

/** A text as Markdown's code, for which two backticks stand around one that has some. */
function quoted(text: string): string {
  if (text === '') return 'nothing';
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function placeOf({ template: { kind, target, conditions } }: Slot): string {
  const when = conditions.map(([answer, value]) => `${answer} ${value}`).join(', ');
  return `${kind === 'slot' ? `the slot ${target}` : `\`${target}\``}${when ? ` (${when})` : ''}`;
}

const file = path.join(import.meta.dirname, '../docs/slots.md');

if (import.meta.main) await fs.writeFile(file, await slotsPage());
