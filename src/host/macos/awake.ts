// Keeps a Mac awake while something lasts.
import { findProgram } from '../files.ts';
import { startProcess } from '../processes.ts';
import type { HostView } from '../view.ts';

/** Until it is disposed of, neither display, disk nor system go to sleep. Without caffeinate nothing happens. */
export async function stayAwake(host: HostView): Promise<AsyncDisposable> {
  const nothing: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };
  const caffeinate = findProgram(host, 'caffeinate');
  if (caffeinate === null) return nothing;
  // -w ends it with us even if nobody is left to kill it.
  return startProcess(caffeinate, ['-d', '-i', '-m', '-s', '-w', String(process.pid)], { stdio: 'ignore' });
}
