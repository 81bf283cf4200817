import type { Answers, FlagName } from '../engine/answers/answers.ts';
import { flags } from '../engine/answers/answers.ts';
import { allowedBy, allows, parseAnswer } from '../engine/answers/questions.ts';
import { UserError } from '../engine/errors.ts';
import type { Composition, Settled } from '../engine/render/compose.ts';
import type { Question, Value } from '../engine/render/manifest.ts';
import type { Arguments } from './arguments.ts';
import type { Prompt } from './terminal.ts';

/** Refuses an answer that a pack has locked to another. */
export function refuseLocked(typed: string, value: unknown, settled: Settled | undefined): void {
  if (!settled?.locked || value === undefined || value === settled.value) return;
  throw new UserError(`${typed}: the pack ${settled.pack} locks it to ${settled.value}: leave it out`);
}

/**
 * The answers to the packs' own questions: what a pack locks, else what was typed, else what is stored, else what is asked
 * on a terminal, else the default. A secret is stored nowhere, and only asked for where there is no repository yet.
 *
 * @param stored the answers of the last run; undefined where there was none.
 * @param prompt undefined where nothing may be asked.
 * @throws UserError for an answer to no question, or one that is not allowed.
 */
export async function answerQuestions(
  { all }: Arguments,
  { questions, settled }: Composition,
  stored: Readonly<Record<string, Value>> | undefined,
  prompt: Prompt | undefined,
): Promise<Pick<Answers, 'packAnswers' | 'withheld'>> {
  const typed = typedAnswers(all.get('answer') ?? [], questions);
  const packAnswers: Record<string, Value> = {};
  const withheld: string[] = [];
  for (const question of questions) {
    const { name, secret } = question;
    const fixed = settled.get(name);
    const text = typed.get(name);
    const given = text === undefined ? undefined : parseAnswer(question, text);
    refuseLocked(`--answer ${name}`, given, fixed);
    const known = fixed?.locked ? fixed.value : (given ?? storedAnswer(question, stored));
    const offered = fixed?.value ?? question.default;
    const isAsked = known === undefined && prompt && !(secret && stored);
    if (known === undefined && secret && stored) withheld.push(name);
    packAnswers[name] = known ?? (isAsked ? await ask(prompt, question, offered) : offered);
  }
  return questions.length > 0 ? { packAnswers, ...(withheld.length > 0 ? { withheld } : {}) } : {};
}

function typedAnswers(all: readonly string[], questions: readonly Question[]): Map<string, string> {
  const typed = new Map<string, string>();
  for (const text of all) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new UserError(`--answer ${JSON.stringify(text)} is no answer: write it as NAME=VALUE`);
    if (!questions.some((question) => question.name === name)) throw noQuestion(name, questions);
    if (typed.has(name) && typed.get(name) !== value)
      throw new UserError(`--answer ${name} is given twice: give it once`);
    typed.set(name, value);
  }
  return typed;
}

function noQuestion(name: string, questions: readonly Question[]): UserError {
  const isFlag = flags.some((flag) => flag.name === (name as FlagName) && 'question' in flag);
  const known = questions.map((question) => question.name).join(', ');
  const goOn = isFlag ? `use --${name}` : known ? `they ask ${known}` : 'there are no packs that ask anything';
  return new UserError(`--answer ${name}: no pack asks that; ${goOn}`);
}

function storedAnswer(question: Question, stored: Readonly<Record<string, Value>> | undefined): Value | undefined {
  const { name } = question;
  const value = stored?.[name];
  if (value === undefined || question.secret || allows(question, value)) return question.secret ? undefined : value;
  throw new UserError(
    `the stored answer ${name} ${JSON.stringify(value)} is not allowed any more: give --answer ${name}=… with ${allowedBy(question)}`,
  );
}

async function ask(prompt: Prompt, question: Question, offered: Value): Promise<Value> {
  const { name, type, message, choices, secret } = question;
  const texts = choices ?? (type === 'boolean' ? ['true', 'false'] : undefined);
  const answer = await prompt({
    message,
    ...(texts ? { choices: texts.map((value) => ({ value, name: value, description: '' })) } : {}),
    ...(secret ? { secret } : {}),
    offered: String(offered),
    parse: (text) => String(parseAnswer({ ...question, name }, text)),
  });
  return parseAnswer(question, String(answer));
}
