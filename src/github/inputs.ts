// The inputs of both actions: read once, checked, typed. All mistakes are reported together.
import { getInput } from '@actions/core';
import { usageError } from '../model/errors.ts';
import type { MeasurementInputs } from '../model/gate.ts';
import { parseDuration } from '../model/units.ts';

export type CommentMode = 'changes' | 'always' | 'never';

export interface ActionInputs extends MeasurementInputs {
  readonly workingDirectory: string;
  /** The runs in `shards` are judged as one; nothing is measured. */
  readonly merge: boolean;
  readonly baseRef: string;
  /** Builds are taken from and given to the cache of the workflow. */
  readonly shareBuilds: boolean;
  readonly failOn: 'regression' | 'nothing-compared' | 'failure' | 'nothing';
  /** Folder that holds the run folders of all shards; with `merge` only. */
  readonly shards: string;
  readonly artifactName: string;
  readonly retentionDays: number | null;
  readonly comment: CommentMode;
  readonly commentAuthor: string;
  readonly token: string;
}

export interface CommentInputs {
  /** Folder that holds report.json. */
  readonly path: string;
  readonly artifactName: string;
  readonly artifactUrl: string;
  readonly comment: CommentMode;
  readonly commentAuthor: string;
  readonly token: string;
}

/** Names as action.yml lists them; a test holds the two together. */
export const actionInputNames = [
  'working-directory',
  'config',
  'scenario',
  'mode',
  'merge',
  'base-ref',
  'qemu',
  'base-qemu',
  'qemu-source',
  'patches',
  'share-builds',
  'boots',
  'max-boots',
  'time-budget',
  'fail-on',
  'on-undecided',
  'shards',
  'artifact-name',
  'retention-days',
  'comment',
  'comment-author',
  'token',
] as const;
export const commentInputNames = [
  'path',
  'artifact-name',
  'artifact-url',
  'comment',
  'comment-author',
  'token',
] as const;

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

const commentModes = ['changes', 'always', 'never'] as const;

export function readActionInputs(): ActionInputs {
  const read = reader(actionInputNames);
  const inputs: ActionInputs = {
    workingDirectory: read.text('working-directory', '.'),
    config: read.text('config', ''),
    scenarios: read.words('scenario'),
    mode: read.choice('mode', ['auto', 'paired', 'baseline', 'record'], 'auto'),
    merge: read.choice('merge', ['true', 'false'], 'false') === 'true',
    baseRef: read.text('base-ref', ''),
    qemu: read.text('qemu', ''),
    baseQemu: read.text('base-qemu', ''),
    qemuSource: read.text('qemu-source', ''),
    patches: read.lines('patches'),
    shareBuilds: read.choice('share-builds', ['true', 'false'], 'false') === 'true',
    boots: read.count('boots', 1, 10_000),
    maxBoots: read.count('max-boots', 1, 10_000),
    timeBudgetMs: read.duration('time-budget'),
    failOn: read.choice('fail-on', ['regression', 'nothing-compared', 'failure', 'nothing'], 'regression'),
    onUndecided: given(read.choice('on-undecided', ['pass', 'fail', ''], '')),
    shards: read.text('shards', ''),
    artifactName: read.artifactName('artifact-name'),
    retentionDays: read.count('retention-days', 1, 400),
    comment: read.choice('comment', commentModes, 'changes'),
    commentAuthor: read.text('comment-author', ''),
    token: read.text('token', ''),
  };
  if (inputs.merge && inputs.shards === '') read.mistake('`merge` needs the input `shards`');
  if (!inputs.merge && inputs.shards !== '') read.mistake('`shards` is for `merge: true` only');
  if (inputs.patches.length > 0 && inputs.qemuSource === '') read.mistake('`patches` needs `qemu-source`');
  if (inputs.qemuSource !== '' && `${inputs.qemu}${inputs.baseQemu}` !== '') {
    read.mistake('`qemu-source` builds both sides: leave `qemu` and `base-qemu` out');
  }
  read.finish();
  return inputs;
}

export function readCommentInputs(): CommentInputs {
  const read = reader(commentInputNames);
  const inputs: CommentInputs = {
    path: read.text('path', ''),
    artifactName: read.artifactName('artifact-name'),
    artifactUrl: read.text('artifact-url', ''),
    comment: read.choice('comment', commentModes, 'changes'),
    commentAuthor: read.text('comment-author', ''),
    token: read.text('token', ''),
  };
  if (inputs.path === '') read.mistake('`path` is missing: the folder that holds report.json');
  if (inputs.token === '') read.mistake('`token` is missing');
  read.finish();
  return inputs;
}

const given = <T extends string>(choice: T | ''): T | null => (choice === '' ? null : choice);

/** The runner's name for an input's variable. */
export const inputVariable = (name: string): string => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;

function reader(names: readonly string[]) {
  const mistakes = unknownInputs(names);
  const mistake = (text: string): void => void mistakes.push(text);
  const text = (name: string, otherwise: string): string => {
    const value = getInput(name);
    if (/[\u0000]/.test(value) || value.length > 20_000) mistake(`\`${name}\` is no text that can be used`);
    return value === '' ? otherwise : value;
  };
  return {
    mistake,
    text,
    /** Words between commas, spaces or line ends. */
    words: (name: string): readonly string[] =>
      text(name, '')
        .split(/[\s,]+/)
        .filter(Boolean),
    lines: (name: string): readonly string[] =>
      text(name, '')
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    choice: <T extends string>(name: string, choices: readonly T[], otherwise: T): T => {
      const value = text(name, otherwise);
      const known = choices.find((choice) => choice === value);
      const listed = choices.filter(Boolean).join(', ');
      if (known === undefined) mistake(`\`${name}\` is ${quoted(value)}, but must be one of ${listed}`);
      return known ?? otherwise;
    },
    count: (name: string, least: number, most: number): number | null => {
      const value = text(name, '');
      if (value === '') return null;
      const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
      if (number >= least && number <= most) return number;
      mistake(`\`${name}\` is ${quoted(value)}, but must be a whole number from ${least} to ${most}`);
      return null;
    },
    duration: (name: string): number | null => {
      const value = text(name, '');
      if (value === '') return null;
      const parsed = parseDuration(value);
      if ('value' in parsed) return parsed.value;
      mistake(`\`${name}\`: ${parsed.problem}`);
      return null;
    },
    artifactName: (name: string): string => {
      const value = text(name, 'bootgauge');
      if (/^[\w. +()-]{1,200}$/.test(value)) return value;
      mistake(`\`${name}\` is ${quoted(value)}, but may hold letters, digits, spaces and . _ + - ( ) only`);
      return 'bootgauge';
    },
    finish: (): void => {
      if (mistakes.length === 0) return;
      const what = mistakes.length === 1 ? 'an input is wrong' : `${mistakes.length} inputs are wrong`;
      throw usageError(
        `${what}:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
        'look at the `with:` block of the step that uses bootgauge',
      );
    },
  };
}

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

const quoted = (text: string): string => `'${text.replace(/\s+/g, ' ').slice(0, 60)}'`;
