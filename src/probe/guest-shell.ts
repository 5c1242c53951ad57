// Shell text that several probes begin with, and what they send along with it. It runs in busybox's shell as well as in any other.
import type { Architecture } from '../model/guests/guest-kind.ts';

/**
 * Makes `$program` of what comes on standard input (`programText`): a file of mode 700 in the first folder where one can be written and
 * run, for the caller to remove. Where there is none (noexec, a full disk, one that is only read) it ends with `noPlace` and says why.
 */
export const bringProgram = [
  'text=$(cat) program= why=',
  'for folder in /tmp /run /dev/shm /var/tmp "$HOME"; do',
  '  file=$(mktemp "$folder/bg-run-XXXXXX" 2>&1) || { why="$why; $file"; continue; }',
  // A script first: root's shell calls a file executable that the kernel does not run.
  '  if error=$( { printf "#!/bin/sh\\n" > "$file" && chmod 700 "$file" && "$file" &&',
  '    printf %s "$text" | base64 -d > "$file"; } 2>&1 ); then program=$file; break; fi',
  '  why="$why; $error"; rm -f "$file"',
  'done',
  '[ -n "$program" ] || { echo "no folder of the guest takes a program that runs$why" >&2; exit 125; }',
].join('\n');

/** Exit status where no folder of the guest takes the program. */
export const noPlace = 125;

/** One of the `programs` that an embedded file holds (base64 of gzip) as `bringProgram` reads it: base64 of what was packed. */
export async function programText(packed: string): Promise<string> {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  const unpacked = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(Array.from(unpacked, (byte) => String.fromCharCode(byte)).join(''));
}

/** Dynamic loaders of glibc and musl. */
const loaders: Record<Architecture, readonly string[]> = {
  arm64: ['/lib/ld-linux-aarch64.so.1', '/lib/ld-musl-aarch64.so.1'],
  x86_64: ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-musl-x86_64.so.1'],
};

/**
 * Brings a program that uses Vulkan and runs it once, on Venus where that is required. It runs under either C library: a loader that
 * does not find libvulkan ends with 127, then the other one may.
 */
export function runVulkanProgram(architecture: Architecture, requiredDriver: string | null, words: string): string {
  return [
    ...(requiredDriver === 'DRIVER_ID_MESA_VENUS' ? [pinVenus] : []),
    bringProgram,
    'status=127',
    `for loader in ${loaders[architecture].join(' ')}; do`,
    `  if [ -e "$loader" ]; then "$loader" "$program" ${words}; status=$?; fi`,
    '  [ $status -eq 127 ] || break',
    'done',
    'rm -f "$program"',
    'exit $status',
  ].join('\n');
}

/**
 * Holds the Vulkan loader to Venus where its driver description is installed, and says so (`ICD: <files>`): without this a
 * software driver beside it may come first. Other processors' descriptions in the list do no harm.
 */
export const pinVenus = [
  'files=',
  // In the loader's own order.
  'for folder in /etc /usr/local/share /usr/share; do for file in "$folder"/vulkan/icd.d/virtio_icd*.json',
  'do if [ -e "$file" ]; then [ -z "$files" ] && files=$file || files=$files:$file; fi; done; done',
  // The second name is what loaders before 1.3.207 know.
  '[ -n "$files" ] && export VK_DRIVER_FILES="$files" VK_ICD_FILENAMES="$files" && echo "ICD: $files"',
  // Numbers and messages as they are parsed.
  'export LC_ALL=C',
].join('\n');

/** The files that `pinVenus` told of in a command's output; empty when it found none. */
export function pinnedFiles(stdout: string): string {
  return /^ICD: ([\x20-\x7e]{1,1000})$/m.exec(stdout.slice(0, 2000))?.[1] ?? '';
}
