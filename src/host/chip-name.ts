// Names of processors, as they are compared and shown.

/** Trade mark signs, clock rates and repeated blanks removed. */
export function foldChip(name: string): string {
  return name
    .replace(/\((R|TM|C)\)/gi, ' ')
    .replace(/\bCPU\b/g, ' ')
    .replace(/@\s*[\d.,]+\s*[GM]Hz.*/i, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
