import { defaults } from '../../generators/engine/answers/answers.ts';
import { compose } from '../../generators/engine/render/compose.ts';
import { builtInFolder, readPack } from '../../generators/engine/render/packs.ts';
import { render } from '../../generators/engine/render/render.ts';

const pack = await readPack(builtInFolder);

/** What the built-in templates emit: text by path. What is not answered is as in a run without questions, for `demo`. */
export async function rendered(answers: Record<string, string | number>): Promise<ReadonlyMap<string, string>> {
  const name = String(answers.name ?? 'demo');
  const all = { ...defaults, samples: 'none', name, packageName: name.replaceAll('-', '_'), ...answers };
  const tree = await render(await compose(pack, []), all);
  return new Map([...tree].map(([file, { content }]) => [file, String(content)]));
}
