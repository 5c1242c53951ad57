// Shell text that several probes of the guest's Vulkan begin with. It runs in busybox's shell as well as in any other.

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
