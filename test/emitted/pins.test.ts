import { expect, test } from '@jest/globals';
import fs from 'fs-extra';
import { builtInFolder, readPack } from '../../generators/engine/render/packs.ts';

test('every action and image that a template names is pinned as docs/pins.md records it', async () => {
  const recorded = await fs.readFile('docs/pins.md', 'utf8');
  const { templates } = await readPack(builtInFolder);
  const texts = await Promise.all(templates.map(({ source }) => fs.readFile(source, 'utf8')));
  const uses = texts.flatMap((text) => [...text.matchAll(/^\s*(?:- )?uses: (.+)$/gm)].map(([, pin]) => pin as string));
  expect(uses.length).toBeGreaterThan(0);
  for (const pin of uses.filter((each) => !each.startsWith('./'))) {
    const [, action, commit, tag] = /^([\w./-]+)@([0-9a-f]{40}) # (v[\d.]+)$/.exec(pin) ?? [];
    expect([pin, recorded]).toEqual([pin, expect.stringContaining(`| ${action} | ${tag} | ${commit} |`)]);
  }
  const named = /[a-z][\w./-]*:[\w.-]+@sha256:[0-9a-f]{64}\b/g;
  const images = texts.flatMap((text) => [...text.matchAll(named)].map(([image]) => image));
  expect(images.length).toBeGreaterThan(0);
  for (const image of images) expect(recorded).toContain(`| ${image} |`);
});
