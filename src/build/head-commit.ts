// Which commit a measurement belongs to.
import { runProgram } from '../host/processes.ts';

/** Commit that the repository stands at; empty outside a repository or without git. */
export async function headCommit(folder: string): Promise<string> {
  const flags = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-C', folder];
  const answer = await runProgram('git', [...flags, 'rev-parse', 'HEAD'], { timeoutMs: 5000 }).catch(() => null);
  return answer?.code === 0 ? answer.stdout.trim() : '';
}
