import { defaults } from '../engine/answers/answers.ts';
import { UserError } from '../engine/errors.ts';
import { noSamples } from '../engine/model/samples.ts';
import { type Composition, compose } from '../engine/render/compose.ts';
import type { Value } from '../engine/render/manifest.ts';
import { builtIn, builtInFolder, readPack } from '../engine/render/packs.ts';
import { render, type Tree } from '../engine/render/render.ts';
import type { Arguments } from './arguments.ts';
import { type Case, casesOf, highestOf, proven, said, told } from './cases.ts';
import { handedOver } from './obtain.ts';
import { answerQuestions } from './pack-answers.ts';
import { prove } from './prove.ts';
import { refuseUnpublishable } from './publishable.ts';
import type { Terminal } from './terminal.ts';

/**
 * Renders a pack at every level, target and provider that it allows, lints all of it, and proves one repository for each target.
 *
 * @returns the exit code: 1 where a check of a repository fails; that repository is kept and named.
 * @throws UserError if the pack is not valid or cannot be rendered somewhere; the message says where.
 */
export async function trial(terminal: Terminal, folder: string, args: Arguments): Promise<number> {
  const { cwd, prompt, stdout, stderr } = terminal;
  const around = { root: folder, cwd, lock: undefined, prompt, trusts: args.given.has('trust'), progress: stderr };
  const before = [];
  for (const typed of args.all.get('pack') ?? []) before.push((await handedOver(typed, around)).pack);
  const pack = await readPack(folder);
  const composition = await compose(await readPack(builtInFolder), [...before, pack]);
  await refuseUnpublishable(pack);
  const { packAnswers = {} } = await answerQuestions(args, composition, undefined, undefined);
  const cases = casesOf(args, composition);
  const { trees, times } = await renderAll(composition, cases, packAnswers);
  stdout(`${pack.name} ${pack.version}: rendered ${times} times, ${said(cases)}\n`);
  if (!composition.packs.some(({ name }) => name === builtIn)) {
    stdout('It brings all of its files itself: what proves them is its own, and was not run.\n');
    return 0;
  }
  let failed = 0;
  // The linters come with the first repository; what they say of it they say of all.
  for (const [index, { tasks, ...each }] of proven(cases).entries())
    if (!(await prove(terminal, folder, args, each, tasks, index === 0 ? trees : new Map()))) failed += 1;
  return failed === 0 ? 0 : 1;
}

/** Everything once, and at each target's highest level every answer that a question offers. */
async function renderAll(
  composition: Composition,
  cases: readonly Case[],
  packAnswers: Readonly<Record<string, Value>>,
): Promise<{ trees: Map<string, Tree>; times: number }> {
  const others = composition.questions.flatMap(({ name, type, choices }) => {
    if (composition.settled.get(name)?.locked) return [];
    return (choices ?? (type === 'boolean' ? [true, false] : [])).map((value) => ({ ...packAnswers, [name]: value }));
  });
  const highest = new Set(highestOf(cases));
  const trees = new Map<string, Tree>();
  let times = 0;
  for (const each of cases)
    for (const answers of [packAnswers, ...(highest.has(each) ? others : [])]) {
      const name = { name: 'demo', packageName: 'demo' };
      times += 1;
      const tree = await render(composition, {
        ...name,
        ...each,
        model: defaults.model,
        samples: noSamples,
        packAnswers: answers,
      }).catch((error) => {
        throw error instanceof UserError ? new UserError(`${told(each)}: ${error.message}`) : error;
      });
      if (answers === packAnswers) trees.set([each.level, each.target, each.ci].join('-'), tree);
    }
  return { trees, times };
}
