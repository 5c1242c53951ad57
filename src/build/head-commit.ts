// Which commit a measurement belongs to.
import { runProgram } from '../host/processes.ts';
import { guarded } from './git.ts';

/** Commit that the repository stands at; empty outside a repository or without git. */
export async function headCommit(folder: string): Promise<string> {
  const words = [...guarded, '-C', folder, 'rev-parse', 'HEAD'];
  const answer = await runProgram('git', words, { timeoutMs: 5000 }).catch(() => null);
  return answer?.code === 0 ? answer.stdout.trim() : '';
}
