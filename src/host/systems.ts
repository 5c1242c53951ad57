// The one place that chooses between the folders linux and macos. Only the chosen one is loaded.
import type { System } from './system.ts';
import type { HostView } from './view.ts';

export async function systemOf({ os }: Pick<HostView, 'os'>): Promise<System> {
  return os === 'macos' ? (await import('./macos/system.ts')).macos : (await import('./linux/system.ts')).linux;
}
