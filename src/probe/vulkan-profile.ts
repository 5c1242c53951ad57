// All that the driver offers (extensions, features, limits), as vulkaninfo writes it for Vulkan's profiles: about 100 KB of JSON.
import { pinVenus } from './guest-shell.ts';
import type { GuestShell } from './probe.ts';

/**
 * `vulkaninfo --json`'s text, or null when this version of it does not write any. It takes the guest a second: ask after
 * everything that is timed.
 */
export async function readVulkanProfile(session: GuestShell, timeoutMs: number): Promise<string | null> {
  // Older versions print it, newer ones write a file named after the driver into the current folder.
  const command = `${pinVenus} >/dev/null
folder=$(mktemp -d /tmp/bg-vk-XXXXXX) && cd "$folder" || exit 1
vulkaninfo --json > printed 2>/dev/null
for file in *.json printed; do [ -s "$file" ] && { cat "$file"; break; }; done
cd / && rm -rf "$folder"`;
  const { stdout, timedOut, truncated } = await session.run(command, { timeoutMs });
  const start = stdout.indexOf('{');
  return timedOut || truncated || start < 0 ? null : stdout.slice(start);
}
