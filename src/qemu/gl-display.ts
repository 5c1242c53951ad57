// How a GL context is made on this machine.
import { existsSync } from 'node:fs';
import type { Emulator } from '../model/launch-plan.ts';
import type { Wiring } from './arguments.ts';

export function glDisplayFor({ origin }: Pick<Emulator, 'origin'>): Pick<Wiring, 'glDisplay' | 'renderNode'> {
  if (process.platform === 'darwin') return { glDisplay: 'cocoa', renderNode: null };
  const software = origin === 'kit' || !existsSync('/dev/dri/renderD128');
  return { glDisplay: 'egl-headless', renderNode: software ? '/dev/null' : null };
}
