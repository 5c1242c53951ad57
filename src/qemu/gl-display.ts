// How a GL context is made for Venus on this machine, and whether this QEMU can make it.
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { measurementError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { type Emulator, emulatorContent } from '../model/launch-plan.ts';
import { AcceleratorFault, type ChooseOptions, remembering, trialAccelerator } from './accelerator.ts';
import { glDisplayOption, type Wiring } from './arguments.ts';

/** Without a render node the Mesa of the kit renders in software; others may. */
export function glDisplayFor({ origin }: Pick<Emulator, 'origin'>): Pick<Wiring, 'glDisplay' | 'renderNode'> {
  if (process.platform === 'darwin') return { glDisplay: 'cocoa', renderNode: null };
  return { glDisplay: 'egl-headless', renderNode: origin === 'kit' || !existsSync(firstNode) ? '/dev/null' : null };
}

const firstNode = '/dev/dri/renderD128';

/**
 * Throws an AcceleratorFault that says why, when this QEMU does not start with a GL device here: every boot would fail. The kit's is
 * known to; a Mac's, which would open a window, is left to doctor.
 */
export async function requireGl(emulator: Emulator, architecture: Architecture, options: ChooseOptions): Promise<void> {
  const wiring = glDisplayFor(emulator);
  if (emulator.origin === 'kit' || wiring.glDisplay === 'cocoa') return;
  // The same bytes with other libraries are another one.
  const which = [emulator.digest.slice(0, 16), ...(emulator.build === undefined ? [] : [emulator.build.key])].join('-');
  const key = `trial-gl-${architecture}-${which}-${release()}-${wiring.renderNode ?? 'node'}`;
  const display = glDisplayOption(wiring);
  const trial = await remembering(
    key,
    options,
    ({ works }) => works,
    () => trialAccelerator(emulator, 'tcg', architecture, { timeoutMs: 20_000, ...options, display }),
  );
  if (trial.works) return;
  const software =
    wiring.renderNode === null
      ? ''
      : ` There is no ${firstNode}, and the host's Mesa does not render in software in its place.`;
  const message = `gpu: venus does not work with ${emulator.version} on this machine: ${trial.detail}.${software}`;
  const hint =
    wiring.renderNode === null
      ? `check that this user may open ${firstNode}, and that QEMU was built with OpenGL and virglrenderer`
      : "make a render node (sudo modprobe vgem), build a newer Mesa under qemu.dependencies, or use the kit's QEMU (qemu.binary: kit)";
  // What took too long tells nothing of this QEMU.
  throw trial.timedOut === true
    ? measurementError(message, hint)
    : new AcceleratorFault(message, hint, emulatorContent(emulator));
}
