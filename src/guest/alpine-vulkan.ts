// Which releases of Alpine have a Vulkan driver for Venus. Pure.
import { usageError } from '../model/errors.ts';
import type { AlpineGuest } from '../model/guests/alpine.ts';
import type { GuestSpec } from '../model/guests/guests.ts';
import type { Gpu } from '../model/scenario.ts';

/** What a guest needs for Vulkan, as a release names it. */
export interface VulkanPackages {
  readonly loader: string;
  /** Brings vulkaninfo. */
  readonly tools: string;
  /** Mesa's driver for Venus; null where the release has none. */
  readonly venus: string | null;
  /** Mesa's software driver. */
  readonly software: string;
}

/** Releases are `3.22`, `3.22.1` or `edge`; the same for arm64 and x86_64. By main/mesa/APKBUILD of Alpine's aports. */
export function vulkanPackages(release: string): VulkanPackages {
  const [, minor = 0] = release.split('.').map(Number);
  const hasVenus = release === 'edge' || minor >= firstWithVenus;
  return { ...common, venus: hasVenus ? 'mesa-vulkan-virtio' : null };
}

/** Throws a usageError where a guest that has to have Venus cannot: long before it was installed and booted for nothing. */
export function requireVenus(gpu: Gpu, guest: GuestSpec): void {
  const alpine = alpineOf(guest);
  // A script of the user's may bring a driver of the user's.
  if (gpu !== 'venus' || alpine === null || alpine.script !== null) return;
  if (vulkanPackages(alpine.release).venus !== null) return;
  throw usageError(
    `Alpine ${alpine.release} has no Vulkan driver for Venus: its Mesa comes without mesa-vulkan-virtio`,
    `take release "3.${firstWithVenus}", a newer one or edge; or install a driver of your own with guest.script`,
  );
}

/** Mesa 25.1 of 3.22 is built without the driver, Mesa 25.2 of 3.23 with it. */
const firstWithVenus = 23;
const common = { loader: 'vulkan-loader', tools: 'vulkan-tools', software: 'mesa-vulkan-swrast' } as const;

/** The Alpine whose disk is booted; null for other guests. */
function alpineOf(guest: GuestSpec): AlpineGuest | null {
  if (guest.kind === 'alpine') return guest;
  return guest.kind === 'custom' && guest.disk === null && guest.rest?.kind === 'alpine' ? guest.rest : null;
}
