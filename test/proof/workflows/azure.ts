// Runs a job of an emitted Azure pipeline on this machine, as far as such a job goes: steps in order, variables, templates
// of the repository, the agent's commands. What it does not know it refuses, so that nothing is passed over in silence.
import path from 'node:path';
import fs from 'fs-extra';
import { parse } from 'yaml';
import { type Committed, type Job, read } from './committed.ts';

interface Step {
  readonly [key: string]: unknown;
  readonly template?: string;
  readonly bash?: string;
  readonly script?: string;
  readonly task?: string;
  readonly checkout?: string;
  readonly condition?: string;
}

/** Tasks that are not done here: the cache is this machine's own, the results are read from their file. */
const replaced = ['Cache@2', 'PublishTestResults@2'];
const keys = [
  'bash',
  'script',
  'task',
  'inputs',
  'checkout',
  'clean',
  'persistCredentials',
  'condition',
  'displayName',
];
const always = 'succeededOrFailed()';
const ifSucceeded = [undefined, 'succeeded()', `and(succeeded(), \${{ parameters.cache }})`];

/** @param leg one leg of the job's matrix, if it has one. */
export async function azure(
  committed: Committed,
  job: string,
  leg?: string,
  more: Record<string, string> = {},
): Promise<Job> {
  const clone = await committed.clone();
  const folder = path.join(clone, '.azuredevops');
  const file = async (name: string) => parse(await fs.readFile(path.join(folder, name), 'utf8'));
  const pipeline = await file('integrate.yml');
  const found = pipeline.jobs.find((each: { job: string }) => each.job === job);
  if (!found) throw new Error(`there is no job ${job}`);
  const steps: Step[] = [];
  for (const step of found.steps as Step[]) steps.push(...(step.template ? (await file(step.template)).steps : [step]));

  const workspace = path.dirname(clone);
  const variables: Record<string, string> = {
    'Pipeline.Workspace': workspace,
    'Agent.TempDirectory': workspace,
    ...pipeline.variables,
    ...found.variables,
    ...(leg ? found.strategy.matrix[leg] : {}),
    UV_CACHE_DIR: String((await committed.repository.run('uv', ['cache', 'dir'])).stdout),
    ...more,
  };
  const expanded = (text: string): string =>
    text.replaceAll(/\$\(([\w.]+)\)/g, (_, name: string) => {
      if (!(name in variables)) throw new Error(`job ${job}: no variable ${name}`);
      return expanded(variables[name] as string);
    });
  let PATH = committed.repository.env.PATH as string;
  let green = true;
  let output = '';
  for (const step of steps) {
    const strange = Object.keys(step).filter((key) => !keys.includes(key));
    if (strange.length > 0) throw new Error(`job ${job}: a step with ${strange}`);
    if (step.condition !== always && !ifSucceeded.includes(step.condition))
      throw new Error(`job ${job}: condition ${step.condition}`);
    if (!green && step.condition !== always) continue;
    const script = step.bash ?? step.script;
    if (script === undefined) {
      if (step.checkout !== 'self' && !replaced.includes(step.task ?? ''))
        throw new Error(`job ${job}: ${JSON.stringify(step)} has no stand-in`);
      continue;
    }
    const named = Object.entries(variables).map(([name, value]) => [environmental(name), expanded(value)]);
    const { failed, all } = await committed.repository.run('bash', ['--noprofile', '--norc', '-c', expanded(script)], {
      cwd: clone,
      env: { ...Object.fromEntries(named), PATH },
    });
    output += `${all}\n`;
    green &&= !failed;
    for (const [, command, value] of String(all).matchAll(/^##vso\[([^\]]*)\](.*)$/gm))
      if (command === 'task.prependpath') PATH = `${value}${path.delimiter}${PATH}`;
      else if (command !== 'task.uploadsummary') throw new Error(`job ${job}: ##vso[${command}] is not known here`);
  }
  const tests = await read(path.join(clone, 'reports/junit.xml'));
  return { name: leg ? `${job} ${leg}` : job, green, output, ...tests };
}

/** What the agent calls a variable in a step's environment. */
const environmental = (name: string): string => name.toUpperCase().replaceAll('.', '_');
