// Pull requests to try the action on: a repository with a base and a branch, and the event that GitHub makes of it.
import type { Runner, RunnerEvent } from './runner.ts';

/** A quick run that decides nothing, and one that finds a gross change. */
export const quick = { boots: '1', 'max-boots': '1' };
export const deciding = { boots: '6', 'max-boots': '8' };

export const config = (limit: string): string => `version: 1
defaults:
  accel: tcg
  sampling: { warmup: 0 }
  metrics:
    time-to-ssh: { limit: ${limit} }
    time-to-login: { gate: false }
    cpu-time: { gate: false }
`;

export interface Commits {
  readonly base: string;
  readonly head: string;
}

/** A repository whose main branch has a configuration, and a branch with `changes` on top of it. */
export async function repository(runner: Runner, changes: Readonly<Record<string, string>> = {}): Promise<Commits> {
  await runner.git('init', '-q');
  await runner.write('bootgauge.yml', config('5 %'));
  await runner.git('add', '.');
  await runner.git('commit', '-qm', 'base');
  const base = await runner.git('rev-parse', 'HEAD');
  await runner.git('switch', '-qc', 'topic');
  for (const [path, text] of Object.entries({ README: 'changed', ...changes })) await runner.write(path, text);
  await runner.git('add', '.');
  await runner.git('commit', '-qm', 'head');
  return { base, head: await runner.git('rev-parse', 'HEAD') };
}

export function pullRequestEvent({ base, head }: Commits): RunnerEvent {
  const repo = { full_name: 'someone/qemu' };
  const pull = {
    number: 7,
    state: 'open',
    head: { sha: head, ref: 'topic', repo },
    base: { sha: base, ref: 'main', repo },
  };
  return { name: 'pull_request', sha: head, payload: { pull_request: pull } };
}
