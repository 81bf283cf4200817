import { UserError } from '../errors.ts';
import type { Value } from '../render/manifest.ts';
import { highestLevel, stages } from '../render/stages.ts';
import { parseName } from './names.ts';

/** What shapes the emitted repository; templates see each by its name. */
export interface Answers {
  /** DNS-1123 label, for infrastructure and the model. */
  readonly name: string;
  /** Python identifier, derived from the name. */
  readonly packageName: string;
  /** 0 … 6: the repository has the stages 0 … level. */
  readonly level: number;
  readonly target: string;
  readonly ci: string;
  /** `example`, or the format of the model that the user handed over. */
  readonly model: string;
  /** SHA-256 of that model, hexadecimal. */
  readonly modelSha256?: string;
  /** Its bytes, in the run that hands it over. */
  readonly modelContent?: Buffer;
  /** The names of its columns, where they came with it and not in it. */
  readonly featureNames?: readonly string[] | undefined;
  /** The format of the rows that came with it, or `none`. */
  readonly samples: string;
  /** SHA-256 of these rows, hexadecimal. */
  readonly samplesSha256?: string;
  /** Their bytes, in the run that hands them over. */
  readonly samplesContent?: Buffer;
  /** The answers to the packs' own questions, by name. */
  readonly packAnswers?: Readonly<Record<string, Value>>;
  /** The names of the secret answers that this run was not given, in a repository that holds them. */
  readonly withheld?: readonly string[];
}

/** A pack that a repository has, and where it is from: a folder, absolute or relative to the repository, or as `--pack` names npm or git. */
export interface PackReference {
  readonly name: string;
  readonly from: string;
}

/** The answers that are stored in `.yo-rc.json`; nothing secret is among them. */
export type StoredAnswers = Partial<
  Pick<
    Answers,
    'name' | 'level' | 'target' | 'ci' | 'model' | 'modelSha256' | 'featureNames' | 'samples' | 'samplesSha256'
  >
> & {
  readonly packs?: readonly PackReference[] | undefined;
  readonly packAnswers?: Answers['packAnswers'] | undefined;
};

/** One of the answers that a question allows. */
export interface Choice {
  readonly value: string | number;
  readonly name: string;
  /** Said while it is the one pointed at. */
  readonly description: string;
}

/** One flag of the command. Parsing, prompts, defaults, `--help` and validation are all made from it. */
export interface Flag {
  /** As it is typed, without the dashes. */
  readonly name: string;
  /** What stands for its value in the help; absent for a switch. */
  readonly value?: string;
  readonly help: string;
  /** The flag in whose line of the help it stands: a screen has 24. */
  readonly beside?: string;
  /** May be given several times. */
  readonly repeatable?: true;
  /** The value as an answer. @throws UserError that names the value and what is allowed. */
  readonly parse?: (value: string) => string | number;
  /** How it is asked on a terminal. */
  readonly question?: {
    readonly message: string;
    readonly choices?: readonly Choice[];
  };
}

const anyOf = new Intl.ListFormat('en-GB', { type: 'disjunction' });

const choice = (flag: string, allowed: readonly string[]) => (value: string) => {
  if (allowed.includes(value)) return value;
  throw new UserError(`--${flag} ${JSON.stringify(value)} is unknown: choose ${anyOf.format(allowed)}`);
};

/** A level of the ladder. @throws UserError where it is none. */
export function parseLevel(value: string): number {
  if (!/^[0-6]$/.test(value))
    throw new UserError(
      `--level ${JSON.stringify(value)} is not a level: give a whole number from 0 to ${highestLevel}`,
    );
  return Number(value);
}

const levels = stages.map(({ level, title, purpose }) => ({
  value: level,
  name: `${level} ${title}`,
  description: purpose,
}));

const targets = [
  { value: 'local', name: 'local', description: 'a laptop or one host; no account needed' },
  { value: 'kubernetes', name: 'kubernetes', description: 'any cluster; kustomize base and overlays' },
  { value: 'aws', name: 'aws', description: 'AWS: ECS Fargate behind a load balancer; Terraform' },
  { value: 'azure', name: 'azure', description: 'Azure: Container Apps; Terraform' },
  { value: 'gcp', name: 'gcp', description: 'Google Cloud: Cloud Run; Terraform' },
];

const providers = [
  { value: 'github', name: 'github', description: 'GitHub Actions' },
  { value: 'gitlab', name: 'gitlab', description: 'GitLab CI/CD' },
  { value: 'azure', name: 'azure', description: 'Azure Pipelines' },
];

export const flags = [
  {
    name: 'target',
    value: 'TARGET',
    help: `where it runs: ${targets.map(({ value }) => value).join(', ')}`,
    parse: choice(
      'target',
      targets.map(({ value }) => value),
    ),
    question: { message: 'Where it runs', choices: targets },
  },
  {
    name: 'ci',
    value: 'PROVIDER',
    help: `what runs its tests: ${providers.map(({ value }) => value).join(', ')}`,
    parse: choice(
      'ci',
      providers.map(({ value }) => value),
    ),
    question: { message: 'What runs its tests', choices: providers },
  },
  {
    name: 'level',
    value: `0..${highestLevel}`,
    help: 'how far up the ladder; a new one gets 3 if it is not said',
    parse: parseLevel,
    question: { message: 'How far up the ladder', choices: levels },
  },
  {
    name: 'name',
    value: 'NAME',
    help: "its name (the directory's, made valid)",
    parse: parseName,
    question: { message: 'Its name' },
  },
  { name: 'model', value: 'PATH', help: 'serve this: ONNX, skops, XGBoost .ubj, .py, MLflow folder' },
  { name: 'samples', value: 'FILE', help: 'test that model with these rows: CSV or Parquet' },
  { name: 'pack', value: 'REF', help: 'add a pack: DIR, npm:NAME@RANGE, git+URL#REF', repeatable: true },
  { name: 'trust', help: 'trust it', beside: 'pack' },
  { name: 'drop-pack', value: 'NAME', help: 'take a pack away (repeatable)', repeatable: true },
  { name: 'answer', value: 'NAME=VALUE', help: "answer a pack's question (repeatable)", repeatable: true },
  { name: 'detach', value: 'PATH', help: 'never write this file again (repeatable)', repeatable: true },
  { name: 'adopt', help: 'begin in a repository with files of its own' },
  { name: 'yes', help: 'take the defaults, never ask' },
  { name: 'dry-run', help: 'show what would be done, write nothing' },
  { name: 'check', help: 'the same, and exit 4 if anything would change' },
  { name: 'json', help: 'the plan as JSON on standard output' },
  { name: 'skip-install', help: 'do not run uv and the training afterwards' },
  { name: 'help', help: 'this text' },
  { name: 'version', help: "the generator's version", beside: 'help' },
] as const satisfies readonly Flag[];

export type FlagName = (typeof flags)[number]['name'];

/** What a new repository gets where nothing else is said: enough to deliver, on a laptop, without an account. */
export const defaults = { level: 3, target: 'local', ci: 'github', model: 'example' };
