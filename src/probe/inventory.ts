// What a guest says of its software: kernel, packages, and the Venus protocol that it speaks with the host. Asked once for each side of
// a run, when a boot is on record. The guest may lie, babble or say nothing: what is not whole is not told at all.
import type { Inventory } from '../model/inventory.ts';
import { lastLine, printable } from '../model/plain-text.ts';
import { pinVenus } from './guest-shell.ts';
import type { CommandResult, GuestShell } from './probe.ts';

const mostPackages = 20_000;
const listMs = 15_000;
const venusMs = 10_000;

/** `venus`: whether the guest's GPU speaks that protocol. */
export async function takeInventory(session: GuestShell, venus: boolean): Promise<Inventory> {
  const inventory = readInventory(await session.run(listCommand, { timeoutMs: listMs }));
  if (!venus) return inventory;
  const { stdout } = await session.run(venusCommand, { timeoutMs: venusMs });
  const protocol = readProtocol(stdout);
  return protocol === null ? inventory : { ...inventory, venus: protocol };
}

/** One line of `by TOOL` before each list, and `end` behind the last one: a list that was cut off is no list. */
const listCommand = [
  'export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"',
  'has() { command -v "$1" > /dev/null 2>&1; }',
  'echo "kernel $(uname -srv)"',
  'if has apk; then echo "by apk"; apk info -v 2> /dev/null || exit 3; fi',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
  "if has dpkg-query; then echo 'by dpkg'; dpkg-query -W -f '${db:Status-Status} ${binary:Package} ${Version}\\n' || exit 4; fi",
  // Busybox brings an rpm that lists nothing.
  "if rpm --version 2> /dev/null | grep -q RPM; then echo 'by rpm'; rpm -qa --qf '%{NAME}.%{ARCH} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n' || exit 5; fi",
  'echo end',
].join('\n');

/** Mesa says what it agreed on with the host when it is asked to, and where it did not. */
const venusCommand = `${pinVenus}\nexport VN_DEBUG=init MESA_LOG_LEVEL=debug\nexec vulkaninfo --summary 2>&1`;

const patterns: Readonly<Record<string, RegExp>> = {
  apk: /^(?<name>.+?)-(?<version>\d[^-]*(?:-r\d+)?)$/,
  dpkg: /^installed (?<name>\S+) (?<version>\S+)$/,
  rpm: /^(?<name>\S+) (?<version>\S+)$/,
};

/** Characters of names and versions in any distribution, and not too many of them. */
const isName = (text: string): boolean => /^[\w.+:@~^-]{1,120}$/.test(text);

/** Pure. */
export function readInventory({ stdout, stderr, exitCode, timedOut, truncated }: CommandResult): Inventory {
  const lines = stdout.split('\n').map((line) => line.trim());
  const kernel = printable(lines.find((line) => line.startsWith('kernel '))?.slice(7) ?? '').slice(0, 200);
  const without = (missing: string): Inventory => ({ kernel, packages: null, missing });
  if (timedOut) return without('the guest did not list its packages in time');
  if (truncated) return without('the list of packages is longer than 1 MiB');
  if (exitCode !== 0 || !lines.includes('end')) {
    const why = printable(lastLine(stderr)).slice(0, 200) || `exit status ${exitCode}`;
    return without(`the guest did not list its packages: ${why}`);
  }
  const found = packagesIn(lines);
  if (found.size === 0) return without('the guest has no apk, dpkg or rpm that lists packages');
  if (found.size > mostPackages) return without(`the guest lists more than ${mostPackages} packages`);
  const packages = Object.fromEntries([...found].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  return { kernel, packages, missing: '' };
}

/** Several versions of one package, as of a kernel, are one text. */
function packagesIn(lines: readonly string[]): ReadonlyMap<string, string> {
  const versions = new Map<string, Set<string>>();
  let pattern: RegExp | undefined;
  for (const line of lines) {
    const tool = /^by (apk|dpkg|rpm)$/.exec(line)?.[1];
    if (tool !== undefined) pattern = patterns[tool];
    if (tool !== undefined || line.length > longestLine) continue;
    const { name = '', version = '' } = pattern?.exec(line)?.groups ?? {};
    if (!isName(name) || !isName(version)) continue;
    const known = versions.get(name) ?? new Set();
    versions.set(name, known.size < mostVersions ? known.add(version) : known);
  }
  return new Map([...versions].map(([name, all]) => [name, [...all].toSorted().join(', ')]));
}

const longestLine = 300;
const mostVersions = 8;

/** Lines of Mesa's Venus driver; null where it said nothing of versions. Pure. */
export function readProtocol(output: string): NonNullable<Inventory['venus']> | null {
  const text = output.slice(0, 64 * 1024);
  const agreed = Object.entries(protocolParts).flatMap(([name, pattern]) => {
    const version = pattern.exec(text)?.[1];
    return version === undefined ? [] : [[name, version] as const];
  });
  const mismatch = /\b(?:wire format|vk xml) version [\d.]{1,20} (?:!=|<) [\d.]{1,20}$/m.exec(text)?.[0] ?? '';
  return agreed.length === 0 && mismatch === '' ? null : { agreed: Object.fromEntries(agreed), mismatch };
}

const protocolParts: Readonly<Record<string, RegExp>> = {
  'wire format': /\bwire format version (\d{1,9})$/m,
  'Vulkan XML': /\bvk xml version ([\d.]{1,20})$/m,
  VK_EXT_command_serialization: /\bVK_EXT_command_serialization spec version (\d{1,9})$/m,
  VK_MESA_venus_protocol: /\bVK_MESA_venus_protocol spec version (\d{1,9})$/m,
};
