import path from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import fs from 'fs-extra';
import { command } from '../support/command.ts';
import { newFolder, snapshot } from '../support/folder.ts';
import { rungs } from '../support/ladder.ts';

const minutes = 60_000;

/** An owner's edit of an emitted file: a line of theirs somewhere in it, or the file gone or elsewhere. */
const edits = fc.array(
  fc.record({
    kind: fc.constantFrom('line', 'line', 'line', 'line', 'delete', 'move'),
    file: fc.nat(),
    line: fc.nat(),
    id: fc.nat(1_000_000),
  }),
  { minLength: 1, maxLength: 40 },
);

const climbs = fc.constantFrom(
  ...rungs.flatMap(({ target, level: to }) => Array.from({ length: to }, (_, from) => ({ target, from, to }))),
);

test(
  'whatever an owner writes into the real files, a climb keeps it, and coming back again changes nothing (60 cases)',
  async () => {
    await fc.assert(
      fc.asyncProperty(climbs, edits, async ({ target, from, to }, all) => {
        const folder = await newFolder();
        await command(folder, `--yes --target ${target} --level ${from}`);
        const emitted = Object.keys(await snapshot(folder)).filter((file) => !/^\.(yo-rc|ds-devops)/.test(file));
        const written = new Set<string>();
        const gone = new Set<string>();
        for (const { kind, file, line, id } of all) {
          const name = emitted[file % emitted.length] as string;
          const at = path.join(folder, name);
          if (!(await fs.pathExists(at))) continue;
          const lines = (await fs.readFile(at, 'utf8')).split('\n');
          if (kind === 'line') {
            lines.splice(line % lines.length, 0, `mine-${id}-`);
            written.add(`mine-${id}-`);
            await fs.writeFile(at, lines.join('\n'));
          } else if (kind === 'move') await fs.move(at, path.join(folder, 'elsewhere', name));
          else if (!lines.some((each) => written.has(each))) {
            gone.add(name);
            await fs.remove(at);
          }
        }
        const climbed = await command(folder, `--yes --level ${to}`);
        expect([0, 3]).toContain(climbed.code);
        const after = await snapshot(folder);
        const texts = Object.entries(after).filter(([file]) => !file.startsWith('.ds-devops'));
        for (const mine of written) expect(texts.some(([, text]) => text.includes(mine))).toBe(true);
        for (const name of gone) expect(after).not.toHaveProperty([name]);
        if (texts.some(([, text]) => text.includes('<<<<<<< yours'))) return;
        expect((await command(folder, '--yes')).code).toBe(0);
        expect(await snapshot(folder)).toEqual(after);
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 60) },
    );
  },
  10 * minutes,
);
