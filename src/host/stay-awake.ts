// Keeps the machine awake while something lasts.
import { systemOf } from './systems.ts';
import { type HostView, thisHost } from './view.ts';

/** Until it is disposed of, neither display, disk nor system go to sleep, where this machine would and can be kept from it. */
export async function stayAwake(host: HostView = thisHost()): Promise<AsyncDisposable> {
  return (await systemOf(host)).stayAwake(host);
}
