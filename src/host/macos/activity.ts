// Who uses a Mac's processors: ps keeps a decaying average of its own.
import type { ActiveProcess } from '../system.ts';
import type { HostView } from '../view.ts';
import { processes } from './processes.ts';

export async function activity(host: HostView): Promise<readonly ActiveProcess[]> {
  return (await processes(host)).map(({ command, ...entry }) => ({ ...entry, name: command }));
}
