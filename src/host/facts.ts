// The facts of this machine that stay the same while it is up: system, processor, memory.
import type { HostFacts } from '../model/conditions.ts';
import { measurementError } from '../model/errors.ts';
import type { Accelerator } from '../model/scenario.ts';
import { ask, askText } from './ask.ts';
import { linuxChip, linuxCpuCount, linuxRelease, meminfoMiB } from './linux.ts';
import { isVagueBrand, macChip, macCores, macRelease, parseSysctl } from './macos.ts';
import { type HostView, readHostFile, thisHost } from './view.ts';

/** Facts of the machine, allow-listed: no host name, user name, serial number or identifier is read. */
export function hostFacts(host: HostView = thisHost()): Promise<HostFacts> {
  return host.os === 'macos' ? macFacts(host) : Promise.resolve(linuxFacts(host));
}

/**
 * Name of the folder that holds this machine's baselines, for example `apple-m2-pro-macos-15-hvf`: chip, major version
 * of the system, accelerator. Stable over reboots, safe as a file name.
 */
export function machineKey(facts: Pick<HostFacts, 'chip' | 'osMajor'>, accelerator: Accelerator): string {
  const chip = slug(facts.chip.replace(/\b(\d+-Core|Processor)\b/gi, ' ')) || slug(facts.chip);
  const system = slug(facts.osMajor.replace(/GNU\/Linux/i, ' '));
  return [chip.slice(0, 80).replace(/-+$/, ''), system.slice(0, 40), accelerator]
    .filter((part) => part !== '')
    .join('-');
}

function slug(text: string): string {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/\.(?!\d)|(?<!\d)\./g, '-')
    .replace(/-+/g, '-')
    .replace(/^-|-$/g, '');
}

function linuxFacts(host: HostView): HostFacts {
  const cpuinfo = readHostFile(host, 'proc/cpuinfo');
  return {
    os: 'linux',
    ...linuxRelease(readHostFile(host, 'etc/os-release') || readHostFile(host, 'usr/lib/os-release')),
    chip: linuxChip(cpuinfo, readHostFile(host, 'proc/device-tree/model')),
    architecture: host.architecture,
    cpus: linuxCpuCount(cpuinfo),
    memoryMiB: meminfoMiB(readHostFile(host, 'proc/meminfo'), 'MemTotal'),
    runner: host.environment.RUNNER_NAME ?? '',
  };
}

async function macFacts(host: HostView): Promise<HostFacts> {
  const [sysctlAnswer, swVers, sdk] = await Promise.all([
    ask(host, 'sysctl', sysctlNames),
    askText(host, 'sw_vers'),
    askText(host, 'xcrun', '--sdk', 'macosx', '--show-sdk-version'),
  ]);
  const sysctl = parseSysctl(sysctlAnswer.stdout);
  if (sysctl.size === 0 || swVers === '') {
    throw measurementError(
      `macOS did not tell what machine this is: ${sysctl.size === 0 ? `sysctl: ${sysctlAnswer.kind}` : 'sw_vers gave nothing'}`,
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

const sysctlNames = [
  'machdep.cpu.brand_string',
  'hw.logicalcpu',
  'hw.ncpu',
  'hw.memsize',
  'hw.optional.arm64',
  'hw.nperflevels',
  ...[0, 1, 2].flatMap((level) => [`hw.perflevel${level}.physicalcpu`, `hw.perflevel${level}.name`]),
];
