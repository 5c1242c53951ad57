// The inputs of both actions: read once, checked, typed. All mistakes are reported together.
import { getInput } from '@actions/core';
import { usageError } from '../model/errors.ts';
import { loadSchema } from '../model/scenario.ts';
import { parseDuration } from '../model/units.ts';

interface Input<T> {
  /** As action.yml has it. */
  readonly name: string;
  /** What holds where nothing is written. */
  readonly otherwise: T;
  /** What was written means this, or has this problem: the end of a sentence that begins with the input's name. */
  readonly parse: (written: string) => { readonly value: T } | { readonly problem: string };
}

const text = (name: string, otherwise = ''): Input<string> => ({ name, otherwise, parse: (value) => ({ value }) });

/** Between commas, spaces or line ends. */
const words = (name: string): Input<readonly string[]> => ({
  name,
  otherwise: [],
  parse: (written) => ({ value: written.split(/[\s,]+/).filter(Boolean) }),
});

const lines = (name: string): Input<readonly string[]> => ({
  name,
  otherwise: [],
  parse: (written) => ({ value: written.split('\n').flatMap((line) => line.trim() || []) }),
});

const choice = <const Word extends string, Otherwise extends Word | null>(
  name: string,
  choices: readonly Word[],
  otherwise: Otherwise,
): Input<Word | Otherwise> => ({
  name,
  otherwise,
  parse(written) {
    const value = choices.find((one) => one === written);
    return value === undefined
      ? { problem: ` is ${quoted(written)}, but must be one of ${choices.join(', ')}` }
      : { value };
  },
});

const flag = (name: string): Input<boolean> => ({
  name,
  otherwise: false,
  parse(written) {
    const parsed = choice(name, ['true', 'false'], null).parse(written);
    return 'problem' in parsed ? parsed : { value: parsed.value === 'true' };
  },
});

const count = (name: string, least: number, most: number): Input<number | null> => ({
  name,
  otherwise: null,
  parse(written) {
    const value = /^\d{1,9}$/.test(written) ? Number(written) : Number.NaN;
    return value >= least && value <= most
      ? { value }
      : { problem: ` is ${quoted(written)}, but must be a whole number from ${least} to ${most}` };
  },
});

const duration = (name: string): Input<number | null> => ({
  name,
  otherwise: null,
  parse(written) {
    const parsed = parseDuration(written);
    return 'problem' in parsed ? { problem: `: ${parsed.problem}` } : parsed;
  },
});

const artifactName: Input<string> = {
  name: 'artifact-name',
  otherwise: 'bootgauge',
  parse: (written) =>
    /^[\w. +()-]{1,200}$/.test(written)
      ? { value: written }
      : { problem: ` is ${quoted(written)}, but may hold letters, digits, spaces and . _ + - ( ) only` },
};

/** Empty: none accepts anything. */
const acceptLabel: Input<string> = {
  name: 'accept-label',
  otherwise: '',
  parse: (written) =>
    /\p{Cc}/u.test(written) || written.length > 50
      ? { problem: ` is ${quoted(written)}, which cannot be a label` }
      : { value: written },
};

/** What both actions need to post a comment. */
const commentInputs = {
  acceptLabel,
  artifactName,
  comment: choice('comment', ['changes', 'always', 'never'], 'changes'),
  commentAuthor: text('comment-author'),
  token: text('token'),
};

const actionInputs = {
  workingDirectory: text('working-directory', '.'),
  config: text('config'),
  scenarios: words('scenario'),
  mode: choice('mode', ['auto', 'paired', 'baseline', 'record', 'soak'], 'auto'),
  load: choice('load', loadSchema.options, 'none'),
  /** The runs in `shards` are judged as one; nothing is measured. */
  merge: flag('merge'),
  baseRef: text('base-ref'),
  qemu: text('qemu'),
  baseQemu: text('base-qemu'),
  qemuSource: text('qemu-source'),
  patches: lines('patches'),
  /** Builds are taken from and given to the cache of the workflow. */
  shareBuilds: flag('share-builds'),
  boots: count('boots', 1, 10_000),
  maxBoots: count('max-boots', 1, 10_000),
  timeBudgetMs: duration('time-budget'),
  failOn: choice('fail-on', ['regression', 'nothing-compared', 'failure', 'nothing'], 'regression'),
  onUndecided: choice('on-undecided', ['pass', 'fail'], null),
  /** Folder that holds the run folders of all shards; with `merge` only. */
  shards: text('shards'),
  retentionDays: count('retention-days', 1, 400),
  ...commentInputs,
};

const storedCommentInputs = {
  /** Folder that holds report.json. */
  path: text('path'),
  /** How the job that measured ended; null: there must be a report. */
  result: choice('result', ['success', 'failure', 'cancelled', 'timed_out', 'skipped'], null),
  /** What that job says of why it measured nothing: a stranger's text. */
  problem: text('problem'),
  artifactUrl: text('artifact-url'),
  ...commentInputs,
};

type Table = Readonly<Record<string, Input<unknown>>>;
type Values<T extends Table> = { readonly [Key in keyof T]: T[Key] extends Input<infer Value> ? Value : never };

export type ActionInputs = Values<typeof actionInputs>;
export type StoredCommentInputs = Values<typeof storedCommentInputs>;
export type CommentInputs = Values<typeof commentInputs>;
export type CommentMode = CommentInputs['comment'];

const namesOf = (table: Table): readonly string[] => Object.values(table).map(({ name }) => name);
/** A test holds action.yml to them. */
export const actionInputNames = namesOf(actionInputs);
export const commentInputNames = namesOf(storedCommentInputs);

export function readActionInputs(): ActionInputs {
  const { values, mistakes } = read(actionInputs);
  if (values.merge && values.shards === '') mistakes.push('`merge` needs the input `shards`');
  if (!values.merge && values.shards !== '') mistakes.push('`shards` is for `merge: true` only');
  if (values.patches.length > 0 && values.qemuSource === '') mistakes.push('`patches` needs `qemu-source`');
  if (values.qemuSource !== '' && `${values.qemu}${values.baseQemu}` !== '') {
    mistakes.push('`qemu-source` builds both sides: leave `qemu` and `base-qemu` out');
  }
  refuse(mistakes);
  return values;
}

export function readCommentInputs(): StoredCommentInputs {
  const { values, mistakes } = read(storedCommentInputs);
  if (values.path === '') mistakes.push('`path` is missing: the folder that holds report.json');
  if (values.token === '') mistakes.push('`token` is missing');
  refuse(mistakes);
  return values;
}

function read<T extends Table>(table: T): { readonly values: Values<T>; readonly mistakes: string[] } {
  const mistakes = unknownInputs(namesOf(table));
  const values = Object.entries(table).map(([key, { name, otherwise, parse }]) => {
    const written = getInput(name);
    if (written === '') return [key, otherwise];
    const usable = written.length <= 20_000 && !written.includes('\0');
    const parsed = usable ? parse(written) : { problem: ' is no text that can be used' };
    if ('value' in parsed) return [key, parsed.value];
    mistakes.push(`\`${name}\`${parsed.problem}`);
    return [key, otherwise];
  });
  return { values: Object.fromEntries(values) as Values<T>, mistakes };
}

function refuse(mistakes: readonly string[]): void {
  if (mistakes.length === 0) return;
  const what = mistakes.length === 1 ? 'an input is wrong' : `${mistakes.length} inputs are wrong`;
  throw usageError(
    `${what}:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
    'look at the `with:` block of the step that uses bootgauge',
  );
}

/** The runner's name for an input's variable. */
export const inputVariable = (name: string): string => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;

/** What people write who come from another tool or from an earlier version. */
const renamed: Readonly<Record<string, string>> = {
  scenarios: 'scenario',
  'github-token': 'token',
  base: 'base-ref',
  'fail-on-alert': 'fail-on',
  'comment-on-alert': 'comment',
  'comment-on-pr': 'comment',
  'configuration-path': 'config',
  source: 'qemu-source',
  iterations: 'boots',
  timeout: 'time-budget',
};

/** core can only ask for an input by its name: those that nobody asks for are found in the environment. */
function unknownInputs(names: readonly string[]): string[] {
  const known = new Set(names.map(inputVariable));
  return Object.entries(process.env)
    .filter(([variable, value]) => variable.startsWith('INPUT_') && !known.has(variable) && value !== '')
    .map(([variable]) => {
      const name = variable.slice('INPUT_'.length).toLowerCase();
      const now = renamed[name];
      if (now !== undefined && names.includes(now)) return `there is no input ${quoted(name)}; it is called \`${now}\``;
      return `there is no input ${quoted(name)}; known are ${names.join(', ')}`;
    });
}

const quoted = (written: string): string => `'${written.replace(/\s+/g, ' ').slice(0, 60)}'`;
