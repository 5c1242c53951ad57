// Plays rows of the verdict's bench in chunks over worker threads, and keeps what was played, so that a long run may be cut and taken up again.
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DuelTally } from './peers/duel.ts';
import { type Case, cases } from './verdict-cases.ts';
import type { CourseTally } from './verdict-histories.ts';
import type { Tally } from './verdict-simulate.ts';

/** What a chunk of reports came to: numbers, and numbers by name, that add up. */
export type AnyTally = Tally | DuelTally | CourseTally;

export interface Job {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

interface Kept extends Job {
  readonly code: string;
  readonly tally: AnyTally;
}

export interface PlayOptions {
  readonly trials: number;
  /** First trial: other seeds. */
  readonly first: number;
  readonly threads: number;
  /** File that holds what was played before, and gets what is played now; null: none. */
  readonly keep: string | null;
  readonly say: (text: string) => void;
}

/** The sums by id. Seeds hang on row and trial: the result does not depend on threads or on cuts. */
export async function playAll(
  ids: readonly string[],
  worker: URL,
  { trials, first, threads, keep, say }: PlayOptions,
): Promise<Map<string, AnyTally>> {
  const kept = keep === null ? [] : await readKept(keep);
  const codes = new Map(ids.map((id) => [id, codeOf(id)]));
  const played = new Map(kept.filter(({ id, code }) => codes.get(id) === code).map((one) => [nameOf(one), one.tally]));
  const jobs = ids.flatMap((id) => jobsOf(id, first, first + reportsOf(id, trials)));
  const open = jobs.filter((job) => !played.has(nameOf(job)));
  let done = jobs.length - open.length;
  const play = async (): Promise<void> => {
    const thread = new Worker(worker);
    try {
      for (let job = open.shift(); job !== undefined; job = open.shift()) {
        const tally = await answerOf(thread, job);
        played.set(nameOf(job), tally);
        const line: Kept = { ...job, code: codes.get(job.id) ?? '', tally };
        if (keep !== null) await appendFile(keep, `\n${JSON.stringify(line)}`);
        done += 1;
        say(`${done} of ${jobs.length} chunks (${job.id})`);
      }
    } finally {
      await thread.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(threads, open.length) }, play));
  const sumOf = (id: string): AnyTally =>
    addUp(jobs.filter((job) => job.id === id).map((job) => played.get(nameOf(job)) as AnyTally));
  return new Map(ids.map((id) => [id, sumOf(id)]));
}

/** Reports of ten metrics cost as much as ten: fewer must do. */
function reportsOf(id: string, trials: number): number {
  const found = cases.find((entry) => entry.id === id);
  return found !== undefined && found.metrics > 4 ? Math.ceil(trials / 4) : trials;
}

function jobsOf(id: string, first: number, end: number): Job[] {
  return Array.from({ length: Math.ceil((end - first) / chunk) }, (_, part) => {
    const from = first + part * chunk;
    return { id, from, to: Math.min(end, from + chunk) };
  });
}

const chunk = 250;

const nameOf = ({ id, from, to }: Job): string => `${id} ${from} ${to}`;

async function answerOf(thread: Worker, job: Job): Promise<AnyTally> {
  const { promise, resolve: answer, reject } = Promise.withResolvers<AnyTally>();
  thread.once('message', answer).once('error', reject);
  thread.postMessage(job);
  try {
    return await promise;
  } finally {
    thread.removeListener('error', reject);
  }
}

/** A line that was cut is left out: its chunk is played again. */
async function readKept(file: string): Promise<Kept[]> {
  await mkdir(dirname(resolve(file)), { recursive: true });
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Kept];
    } catch {
      return [];
    }
  });
}

/** What a row's figures hang on: the rule, the simulation, and what the row says, but for its words and its target. */
function codeOf(id: string): string {
  const { title, target, ...what }: Partial<Case> = cases.find((entry) => entry.id === id) ?? {};
  return createHash('sha256').update(sources()).update(JSON.stringify(what)).digest('hex').slice(0, 16);
}

let read: string | undefined;

function sources(): string {
  const root = join(import.meta.dirname, '../..');
  const names = [
    'src/{verdict,stats}/*.ts',
    'test/bench/verdict-{noise,simulate,histories}.ts',
    'test/bench/peers/*.ts',
  ];
  read ??= names
    .flatMap((pattern) => globSync(pattern, { cwd: root }).toSorted())
    .map((name) => readFileSync(join(root, name), 'utf8'))
    .join('\n');
  return read;
}

/** Adds numbers, and records of numbers, member by member. */
function addUp(parts: readonly AnyTally[]): AnyTally {
  const sum: Record<string, number | Record<string, number>> = {};
  for (const part of parts) {
    for (const [name, value] of Object.entries(part) as [string, number | Record<string, number>][]) {
      if (typeof value === 'number') sum[name] = ((sum[name] as number | undefined) ?? 0) + value;
      else {
        const inner = (sum[name] ?? {}) as Record<string, number>;
        for (const [key, count] of Object.entries(value)) inner[key] = (inner[key] ?? 0) + count;
        sum[name] = inner;
      }
    }
  }
  return sum as unknown as AnyTally;
}
