// Names for the numbers by which arm64 cores call themselves in /proc/cpuinfo (MIDR_EL1: implementer and part).
// Source: Arm's technical reference manuals and Linux's arch/arm64/include/asm/cputype.h.

const names: Readonly<Record<string, string>> = {
  '41:d03': 'Cortex-A53',
  '41:d04': 'Cortex-A35',
  '41:d05': 'Cortex-A55',
  '41:d07': 'Cortex-A57',
  '41:d08': 'Cortex-A72',
  '41:d09': 'Cortex-A73',
  '41:d0a': 'Cortex-A75',
  '41:d0b': 'Cortex-A76',
  '41:d0c': 'Neoverse-N1',
  '41:d0d': 'Cortex-A77',
  '41:d40': 'Neoverse-V1',
  '41:d41': 'Cortex-A78',
  '41:d44': 'Cortex-X1',
  '41:d46': 'Cortex-A510',
  '41:d47': 'Cortex-A710',
  '41:d48': 'Cortex-X2',
  '41:d49': 'Neoverse-N2',
  '41:d4d': 'Cortex-A715',
  '41:d4e': 'Cortex-X3',
  '41:d4f': 'Neoverse-V2',
  '41:d80': 'Cortex-A520',
  '41:d81': 'Cortex-A720',
  '41:d82': 'Cortex-X4',
  '41:d84': 'Neoverse-V3',
  '41:d8e': 'Neoverse-N3',
  '43:0af': 'ThunderX2',
  '48:d01': 'Kunpeng-920',
  '51:001': 'Oryon',
  '61:000': 'Apple silicon (virtual)',
  '61:022': 'Apple M1 Icestorm',
  '61:023': 'Apple M1 Firestorm',
  '61:024': 'Apple M1 Pro Icestorm',
  '61:025': 'Apple M1 Pro Firestorm',
  '61:028': 'Apple M1 Max Icestorm',
  '61:029': 'Apple M1 Max Firestorm',
  '61:032': 'Apple M2 Blizzard',
  '61:033': 'Apple M2 Avalanche',
  '61:034': 'Apple M2 Pro Blizzard',
  '61:035': 'Apple M2 Pro Avalanche',
  '61:038': 'Apple M2 Max Blizzard',
  '61:039': 'Apple M2 Max Avalanche',
  'c0:ac3': 'Ampere-1',
  'c0:ac4': 'Ampere-1a',
  '6d:d49': 'Azure Cobalt 100',
};

/** Name of a core; implementer and part are /proc/cpuinfo's hexadecimal words (`0x41`, `0xd0c`). Unknown ones keep their numbers. */
export function armCoreName(implementer: string, part: string): string {
  const short = (word: string, digits: number): string =>
    word
      .toLowerCase()
      .replace(/^0x0*(?=.)/, '')
      .padStart(digits, '0');
  const key = `${short(implementer, 2)}:${short(part, 3)}`;
  return names[key] ?? `arm64 core ${key}`;
}
