// What macOS's own programs tell of system, processor and memory (sysctl, sw_vers, system_profiler). Allow-listed lines only:
// serial numbers and identifiers are never looked at.
import type { HostFacts } from '../../model/conditions.ts';
import { measurementError } from '../../model/errors.ts';
import { ask, askText } from '../ask.ts';
import { foldChip } from '../chip-name.ts';
import type { HostView } from '../view.ts';

/** The facts that stay the same while the machine is up. */
export async function facts(host: HostView): Promise<HostFacts> {
  const [sysctlAnswer, swVers, sdk] = await Promise.all([
    ask(host, 'sysctl', sysctlNames),
    askText(host, 'sw_vers'),
    askText(host, 'xcrun', '--sdk', 'macosx', '--show-sdk-version'),
  ]);
  const sysctl = parseSysctl(sysctlAnswer.stdout);
  if (sysctl.size === 0 || swVers === '') {
    throw measurementError(
      `macOS does not say what machine this is: ${sysctl.size === 0 ? `sysctl: ${sysctlAnswer.kind}` : 'sw_vers printed nothing'}`,
      'check that /usr/sbin and /usr/bin are on PATH',
    );
  }
  const brand = sysctl.get('machdep.cpu.brand_string') ?? '';
  const hardware = isVagueBrand(brand) ? await askText(host, 'system_profiler', 'SPHardwareDataType') : '';
  const cores = macCores(sysctl);
  return {
    os: 'macos',
    ...macRelease(swVers),
    chip: macChip(brand, hardware),
    // The running Node may be an Intel one under Rosetta.
    architecture: sysctl.get('hw.optional.arm64') === '1' ? 'arm64' : host.architecture,
    cpus: Number(sysctl.get('hw.logicalcpu') ?? sysctl.get('hw.ncpu') ?? 1),
    memoryMiB: Math.floor(Number(sysctl.get('hw.memsize') ?? 0) / (1 << 20)),
    runner: host.environment.RUNNER_NAME ?? '',
    ...(cores === '' ? {} : { cores }),
    ...(sdk === '' ? {} : { sdk: `macOS SDK ${sdk}` }),
  };
}

/** Of Apple's processors the fast ones, which macOS counts as level 0. */
export async function performanceCores(host: HostView): Promise<number> {
  const sysctl = parseSysctl((await ask(host, 'sysctl', sysctlNames)).stdout);
  return Number(sysctl.get('hw.perflevel0.physicalcpu') ?? sysctl.get('hw.physicalcpu') ?? 1);
}

const sysctlNames = [
  'machdep.cpu.brand_string',
  'hw.logicalcpu',
  'hw.ncpu',
  'hw.physicalcpu',
  'hw.memsize',
  'hw.optional.arm64',
  'hw.nperflevels',
  ...[0, 1, 2].flatMap((level) => [`hw.perflevel${level}.physicalcpu`, `hw.perflevel${level}.name`]),
];

/** `name: value` lines of sysctl. Names that this Mac does not know are simply not there. */
export function parseSysctl(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const match = /^(\w+\.[\w.]+): (.*)$/.exec(line.trim());
      return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2].trim()] as const];
    }),
  );
}

/**
 * Name of the processor. `hardware` is system_profiler's SPHardwareDataType: the first Apple silicon systems and programs
 * under Rosetta call it `Apple processor` or `VirtualApple` in sysctl, and only the profiler knows better.
 */
function macChip(brand: string, hardware: string): string {
  if (brand !== '' && !isVagueBrand(brand)) return foldChip(brand);
  const profiled = /^\s*(?:Chip|Processor Name): (.*)$/m.exec(hardware)?.[1] ?? '';
  return foldChip(profiled) || foldChip(brand) || 'unknown processor';
}

const isVagueBrand = (brand: string): boolean => brand === '' || /^(Apple processor|VirtualApple)/.test(brand);

/** `macOS 15` (`macOS 10.15` before 11) and `macOS 15.5 (24F74)`, from sw_vers. */
export function macRelease(swVers: string): { readonly osMajor: string; readonly osVersion: string } {
  const value = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(swVers)?.[1]?.trim() ?? '';
  const version = value('ProductVersion');
  const build = [value('BuildVersion'), value('ProductVersionExtra')].filter((part) => part !== '').join(' ');
  const parts = version.startsWith('10.') ? 2 : 1;
  return {
    osMajor: `macOS ${version.split('.').slice(0, parts).join('.')}`.trim(),
    osVersion: `macOS ${version}${build === '' ? '' : ` (${build})`}`.trim(),
  };
}

/** For example `8 Performance + 4 Efficiency`; empty where all cores are alike or nothing is known (Intel, virtual machines). */
function macCores(sysctl: ReadonlyMap<string, string>): string {
  const levels = Number(sysctl.get('hw.nperflevels') ?? 0);
  if (!(levels > 1)) return '';
  const conventional = ['Performance', 'Efficiency'];
  return Array.from({ length: levels }, (_, level) => {
    const count = sysctl.get(`hw.perflevel${level}.physicalcpu`) ?? '?';
    return `${count} ${sysctl.get(`hw.perflevel${level}.name`) ?? conventional[level] ?? `level ${level}`}`;
  }).join(' + ');
}
