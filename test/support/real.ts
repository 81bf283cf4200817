import path from 'node:path';
import { test } from '@jest/globals';
import { execa } from 'execa';

/** What a script of `test/real` printed, or why this machine cannot have what it brings. */
export type Part = { readonly out: string } | { readonly missing: string };

/** Runs a script of `test/real`. @throws Error where it fails for another reason than that the machine cannot. */
export async function realPart(script: string, ...args: string[]): Promise<Part> {
  // Its programs go on running: an output that they could hold open is not waited for.
  const ran = await execa(path.resolve('test/real', script), args, { reject: false, stdin: 'ignore', buffer: true });
  if (ran.exitCode === 0) return { out: ran.stdout };
  const last = ran.stderr.trimEnd().split('\n').at(-1) ?? '';
  if (ran.exitCode === 77) return { missing: last };
  throw new Error(`test/real/${script} ${args[0]} ended with ${ran.exitCode}: ${ran.stderr.slice(-2000)}`);
}

/** Defines a test that needs the part; without it, the test is skipped and says why. */
export function testWith(part: Part, name: string, body: () => Promise<void>, minutes: number): void {
  if ('missing' in part) test.skip(`${name} (${part.missing})`, body);
  else test(name, body, minutes * 60_000);
}

/** The environment of `NAME=VALUE` lines, with a PATH that comes before another. */
export function environmentOf(part: Part, path: string): Record<string, string> {
  const lines = 'out' in part ? part.out.split('\n').filter(Boolean) : [];
  const found = Object.fromEntries(lines.map((line) => line.split(/=(.*)/, 2)));
  return { ...found, PATH: found.PATH ? `${found.PATH}:${path}` : path };
}
