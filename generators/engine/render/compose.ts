import { type Flag, flags } from '../answers/answers.ts';
import { allowedBy, allows, wrongWith } from '../answers/questions.ts';
import { UserError } from '../errors.ts';
import type { Question, Value } from './manifest.ts';
import { builtIn, type Pack } from './packs.ts';

/** An answer that packs settle. */
export interface Settled {
  readonly value: Value;
  /** Whether nobody can answer otherwise. */
  readonly locked: boolean;
  /** The name of the pack that settles it. */
  readonly pack: string;
}

/** Packs that fit each other, in the order in which they are applied. */
export interface Composition {
  readonly packs: readonly Pack[];
  /** The questions that the packs ask, those of the generator not among them. */
  readonly questions: readonly Question[];
  readonly settled: ReadonlyMap<string, Settled>;
}

/** What templates see beside the questions of the generator; a pack cannot ask for any of it. */
const taken = [
  ...['packageName', 'model', 'modelSha256', 'modelContent', 'modelFile', 'featureNames'],
  ...['samplesSha256', 'samplesContent', 'samplesFile', 'rows'],
  ...['slot', 'override', 'packAnswers', 'withheld'],
];

const asked: readonly Flag[] = flags.filter((flag) => 'question' in flag);

/**
 * Puts packs together.
 *
 * @param handed the packs that were given, in order; the built-in templates come first unless one of them stands alone.
 * @throws UserError that names the pack, its file and the line, where one does not fit the generator or the others.
 */
export async function compose(own: Pack, handed: readonly Pack[]): Promise<Composition> {
  const [first] = handed;
  const packs = first?.manifest.extends === 'none' ? handed : [own, ...handed];
  const names = new Set<string>();
  const questions = new Map<string, { question: Question; pack: string }>();
  const settled = new Map<string, Settled>();
  for (const pack of packs) {
    if (pack !== own) await fits(pack, own.version, names);
    names.add(pack.name);
    for (const [index, question] of (pack.manifest.questions ?? []).entries()) {
      ask(pack, index, question, questions);
      questions.set(question.name, { question, pack: pack.name });
    }
    for (const [name, answer] of Object.entries(pack.manifest.answers ?? {})) {
      const value = settledValue(pack, name, answer, questions.get(name)?.question);
      settle(pack, name, { value, locked: answer.locked ?? false, pack: pack.name }, settled);
    }
  }
  for (const pack of packs) refuseConditions(pack, questions);
  return { packs, questions: [...questions.values()].map(({ question }) => question), settled };
}

async function fits(pack: Pack, generator: string, before: ReadonlySet<string>): Promise<void> {
  const { name, refuse } = pack;
  const { generator: range, extends: base = builtIn } = pack.manifest;
  if (name === builtIn) throw refuse(['name'], `the name ${name} is the generator's own: choose another`);
  if (before.has(name)) throw refuse(['name'], `a pack ${name} is there already: give it once, or name one otherwise`);
  if (range !== undefined) {
    const { default: semver } = await import('semver');
    if (semver.validRange(range) === null)
      throw refuse(['generator'], `${JSON.stringify(range)} is no range of versions: write one as ">=1.0.0 <2"`);
    if (!semver.satisfies(generator, range, { includePrerelease: true }))
      throw refuse(
        ['generator'],
        `it fits generator ${range}, and this is ${generator}: take a version of the pack, or of generator-ds-devops, that fits`,
      );
  }
  if (base === 'none' && before.size > 0)
    throw refuse(
      ['extends'],
      `it brings all of its files itself (extends: none), so it has to be the first pack, and ${[...before].at(-1)} comes before it`,
    );
  if (base !== 'none' && !before.has(base))
    throw refuse(
      ['extends'],
      `it extends ${base}, which is not among the packs before it: ${[...before].join(', ') || 'there are none'}`,
    );
}

function ask(
  { name: pack, refuse }: Pack,
  index: number,
  question: Question,
  before: ReadonlyMap<string, { pack: string }>,
): void {
  const { name } = question;
  const other = before.get(name)?.pack;
  if (other !== undefined)
    throw refuse(
      ['questions', index, 'name'],
      `${other === pack ? 'it' : other} asks ${name} already: name one otherwise`,
    );
  if (taken.includes(name) || flags.some((flag) => flag.name === name))
    throw refuse(['questions', index, 'name'], `the name ${name} is the generator's own: choose another`);
  const wrong = wrongWith(question);
  if (wrong) throw refuse(['questions', index, wrong[0]], wrong[1]);
}

/** What a pack answers, as the question has it. */
function settledValue(
  { refuse }: Pack,
  name: string,
  { value, locked }: { value: Value; locked?: boolean },
  question: Question | undefined,
): Value {
  const keys = ['answers', name, 'value'];
  const flag = asked.find((each) => each.name === name);
  if (locked && (name === 'level' || name === 'name'))
    throw refuse(['answers', name], `${name} is each repository's own and cannot be locked: leave locked out`);
  if (!question && !flag) {
    const known = asked.map((each) => each.name).join(', ');
    throw refuse(['answers', name], `${name} is no question: there are ${known}, and those of the packs so far`);
  }
  if (question && !allows(question, value))
    throw refuse(keys, `${name} ${JSON.stringify(value)} is not allowed: give ${allowedBy(question)}`);
  if (!flag?.parse) return value;
  try {
    return flag.parse(String(value));
  } catch (error) {
    throw refuse(keys, (error as Error).message);
  }
}

function settle({ refuse }: Pack, name: string, answer: Settled, settled: Map<string, Settled>): void {
  const before = settled.get(name);
  if (before?.locked && answer.locked && before.value !== answer.value)
    throw refuse(
      ['answers', name],
      `it locks ${name} to ${answer.value}, and the pack ${before.pack} locks it to ${before.value}: leave one of the two out`,
    );
  if (!before?.locked) settled.set(name, answer);
}

/** Answers that no question asks: they follow from the files that were handed over. */
const handed = ['model', 'samples', 'rows'];

/** A folder named `answer=value` whose answer there is not would never be emitted. */
function refuseConditions({ name, templates }: Pack, questions: ReadonlyMap<string, unknown>): void {
  for (const { source, conditions } of templates)
    for (const [answer] of conditions)
      if (!questions.has(answer) && !handed.includes(answer) && !asked.some((flag) => flag.name === answer)) {
        const known = [...asked.map((flag) => flag.name), ...handed, ...questions.keys()].join(', ');
        throw new UserError(
          `the pack ${name}: ${source}: ${answer} in the folder's name is no answer: there are ${known}`,
        );
      }
}
