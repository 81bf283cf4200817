import { UserError } from '../errors.ts';
import type { Question, Value } from '../render/manifest.ts';

/** What a question allows, in words. */
export function allowedBy({ type, pattern, choices, minimum, maximum }: Question): string {
  if (choices) return `one of ${choices.join(', ')}`;
  if (type === 'boolean') return 'true or false';
  if (type === 'string') return pattern === undefined ? 'a text' : `a text that matches ${pattern}`;
  const bounds = [minimum === undefined ? '' : ` from ${minimum}`, maximum === undefined ? '' : ` up to ${maximum}`];
  return `a whole number${bounds.join('')}`;
}

/** Whether a question allows an answer. */
export function allows(question: Question, value: unknown): value is Value {
  const { type, pattern, choices, minimum = -Infinity, maximum = Infinity } = question;
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'integer') return Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum;
  if (typeof value !== 'string') return false;
  if (choices && !choices.includes(value)) return false;
  return pattern === undefined || new RegExp(pattern, 'u').test(value);
}

/**
 * An answer as it was typed.
 *
 * @throws UserError that names the value and what is allowed; of a secret, not the value.
 */
export function parseAnswer(question: Question, text: string): Value {
  const { name, type, secret } = question;
  const value = type === 'string' ? text : type === 'integer' ? integer(text) : { true: true, false: false }[text];
  if (allows(question, value)) return value;
  const shown = secret ? 'what was given' : JSON.stringify(text);
  throw new UserError(`--answer ${name}: ${shown} is not allowed: give ${allowedBy(question)}`);
}

const integer = (text: string) => (/^-?\d+$/.test(text) ? Number(text) : undefined);

/** What is wrong with a question itself: where in it, and why; undefined if nothing is. */
export function wrongWith(question: Question): readonly [key: string, problem: string] | undefined {
  const { name, type, pattern, choices, minimum, maximum } = question;
  if (!isVariable(name)) return ['name', `a template cannot use the name ${name}: choose another`];
  if (type !== 'string' && pattern !== undefined) return ['pattern', `a pattern is for a string, and this is ${type}`];
  if (type !== 'string' && choices) return ['choices', `choices are for a string, and this is ${type}`];
  if (type !== 'integer' && (minimum ?? maximum) !== undefined)
    return [minimum === undefined ? 'maximum' : 'minimum', `bounds are for an integer, and this is ${type}`];
  if (pattern !== undefined && !isPattern(pattern)) return ['pattern', `${pattern} is no regular expression`];
  if (allows(question, question.default)) return undefined;
  return ['default', `the default ${JSON.stringify(question.default)} is not allowed: give ${allowedBy(question)}`];
}

// `__init__.py` has to stay what it is, whatever a pack asks.
const dunder = ['init', 'main', 'pycache'];

/** Whether templates can use a name: no word of JavaScript's, and nothing that Python's own files are called. */
function isVariable(name: string): boolean {
  try {
    new Function(name, '"use strict"');
    return !dunder.includes(name);
  } catch {
    return false;
  }
}

function isPattern(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}
