// What a Mac needs for runs and builds in a runner's job, and the exact command that mends what is missing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ask, askText } from '../ask.ts';
import { type Check, ok, warning } from '../check.ts';
import { findProgram } from '../files.ts';
import type { HostView } from '../view.ts';
import { oneProcess } from './processes.ts';

/** Everything that is checked on a Mac only. None of it is a problem by itself: TCG without a window works without any of it. */
export async function macChecks(host: HostView): Promise<readonly Check[]> {
  return Promise.all([
    graphicalSession(host),
    scheduling(host),
    sleepSettings(host),
    appNap(host),
    Promise.resolve(homebrew(host)),
    xcode(host),
    Promise.resolve(vulkanDriver(host)),
  ]);
}

/** Whether QEMU may use Hypervisor.framework. `path` is the program itself, not a link's name that people type. */
export async function hypervisorEntitlement(host: HostView, path: string): Promise<Check> {
  const title = 'QEMU entitlement';
  const answer = await ask(host, 'codesign', ['-d', '--entitlements', '-', path]);
  if (answer.kind !== 'ok') {
    return warning('entitlement', title, `codesign: ${answer.kind}`, 'install the tools: xcode-select --install');
  }
  if (hasEntitlement(answer.stdout + answer.stderr, 'com.apple.security.hypervisor')) {
    return ok('entitlement', title, 'com.apple.security.hypervisor');
  }
  const unsigned = /not signed at all/.test(answer.stderr);
  return warning(
    'entitlement',
    title,
    unsigned ? 'not signed: HVF will be refused' : 'com.apple.security.hypervisor is missing: HVF will be refused',
    `printf '{"com.apple.security.hypervisor":true}' > hv.plist && plutil -convert xml1 hv.plist && codesign --entitlements hv.plist --force -s - ${quoted(path)}`,
  );
}

/** Vulkan drivers that virglrenderer's Venus can stand on, as paths of their manifests. */
export function vulkanManifests(host: HostView): readonly string[] {
  const named = [host.environment.VK_DRIVER_FILES, host.environment.VK_ICD_FILENAMES]
    .flatMap((value) => (value ?? '').split(':'))
    .filter((path) => path !== '');
  const prefixes = ['/opt/homebrew', '/usr/local', host.environment.VULKAN_SDK ?? ''].filter((path) => path !== '');
  const usual = prefixes.flatMap((prefix) =>
    ['share/vulkan/icd.d', 'etc/vulkan/icd.d'].flatMap((folder) =>
      ['MoltenVK_icd.json', 'kosmickrisp_mesa_icd.aarch64.json', 'libkosmickrisp_icd.json'].map((file) =>
        join(prefix, folder, file),
      ),
    ),
  );
  const present = (path: string): boolean => existsSync(join(host.root, path));
  return [...new Set([...named, ...usual])].filter(present);
}

async function graphicalSession(host: HostView): Promise<Check> {
  const title = 'graphical session';
  const manager = await askText(host, 'launchctl', 'managername');
  if (manager === 'Aqua') return ok('session', title, 'yes (Aqua)');
  return warning(
    'session',
    title,
    `no (${manager === '' ? 'launchctl does not say' : manager}): -display cocoa will fail`,
    'run the runner as a LaunchAgent (./svc.sh install) of a user who is logged in automatically at start',
  );
}

/**
 * Background work is confined to efficiency cores. ps shows the band that the process got from launchd: 31 is a
 * shell's, 20 that of utility work, 4 that of background work.
 */
async function scheduling(host: HostView): Promise<Check> {
  const title = 'scheduling';
  const priority = (await oneProcess(host, host.pid))?.priority ?? 0;
  if (!(priority > 0))
    return warning('scheduling', title, 'ps does not show the priority', 'check that /bin is on PATH');
  if (priority > 20) return ok('scheduling', title, `priority ${priority}: all cores`);
  const band = priority <= 4 ? 'background: efficiency cores only' : 'utility: slowed down when the machine is busy';
  return warning(
    'scheduling',
    title,
    `priority ${priority}, ${band}`,
    "set ProcessType to Interactive in the runner's launchd file, then ./svc.sh stop and start",
  );
}

async function sleepSettings(host: HostView): Promise<Check> {
  const minutes = macSleepMinutes(await askText(host, 'pmset', '-g'));
  if (minutes === null) return warning('sleep', 'sleep', 'pmset does not say', 'check that /usr/bin is on PATH');
  if (minutes === 0) return ok('sleep', 'sleep', 'never');
  return warning('sleep', 'sleep', `after ${minutes} min; kept awake only while a run lasts`, 'sudo pmset -a sleep 0');
}

/** A program whose window nobody sees is slowed down, unless the user has said otherwise for all. */
async function appNap(host: HostView): Promise<Check> {
  const disabled = await askText(host, 'defaults', 'read', '-g', 'NSAppSleepDisabled');
  if (/^(?:1|YES|true)$/i.test(disabled)) return ok('app-nap', 'App Nap', 'off');
  const found = 'on: a QEMU whose window is hidden is slowed down';
  return warning('app-nap', 'App Nap', found, 'defaults write -g NSAppSleepDisabled -bool YES');
}

function homebrew(host: HostView): Check {
  const onPath = findProgram(host, 'brew');
  if (onPath !== null) return ok('homebrew', 'Homebrew', onPath);
  const usual = ['/opt/homebrew/bin/brew', '/usr/local/bin/brew'].find((path) => existsSync(join(host.root, path)));
  if (usual === undefined) {
    return warning('homebrew', 'Homebrew', 'not found', 'needed to build QEMU: install it from https://brew.sh');
  }
  const folder = usual.slice(0, usual.lastIndexOf('/'));
  return warning(
    'homebrew',
    'Homebrew',
    `${usual} is not on PATH`,
    `echo ${folder} >> $GITHUB_PATH in the job, or add it to the runner's .path file`,
  );
}

async function xcode(host: HostView): Promise<Check> {
  const title = 'Xcode tools';
  const folder = await askText(host, 'xcode-select', '-p');
  if (folder === '') return warning('xcode', title, 'none', 'needed to build QEMU: xcode-select --install');
  const [rez, setFile, licence] = await Promise.all([
    ask(host, 'xcrun', ['--find', 'Rez']),
    ask(host, 'xcrun', ['--find', 'SetFile']),
    ask(host, 'xcodebuild', ['-license', 'check']),
  ]);
  // The command line tools alone have no xcodebuild to ask, and no licence to agree to.
  const text = [rez, setFile, licence].map((answer) => answer.stdout + answer.stderr).join('\n');
  if (licence.status === 69 || /agreed? to the Xcode license/i.test(text)) {
    return warning('xcode', title, 'the licence is not agreed to', 'sudo xcodebuild -license accept');
  }
  const missing = [rez.status === 0 ? '' : 'Rez', setFile.status === 0 ? '' : 'SetFile'].filter((name) => name !== '');
  if (missing.length > 0) {
    return warning('xcode', title, `${folder} without ${missing.join(' and ')}`, 'xcode-select --install');
  }
  return ok('xcode', title, `${folder}, with Rez and SetFile`);
}

function vulkanDriver(host: HostView): Check {
  const found = vulkanManifests(host);
  if (found.length > 0) return ok('vulkan', 'Vulkan driver', found.join(', '));
  return warning(
    'vulkan',
    'Vulkan driver',
    'neither MoltenVK nor KosmicKrisp was found: no Venus',
    'brew install molten-vk',
  );
}

const quoted = (path: string): string => (/^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

/** Idle minutes until the system sleeps, 0 for never, null when pmset does not say; from `pmset -g`. */
export function macSleepMinutes(settings: string): number | null {
  const minutes = /^\s*sleep\s+(\d+)/m.exec(settings)?.[1];
  return minutes === undefined ? null : Number(minutes);
}

/** True when `codesign -d --entitlements -` shows the key with the value true, in its own format or as a property list. */
export function hasEntitlement(codesign: string, key: string): boolean {
  const at = codesign.search(new RegExp(`${key.replaceAll('.', '\\.')}(?![\\w.-])`));
  if (at < 0) return false;
  const value = /<(true|false)\s*\/>|\[Bool\]\s*(true|false)/.exec(codesign.slice(at + key.length));
  // A value after the next key belongs to that key.
  const nextKey = codesign.slice(at + key.length).search(/<key>|\[Key\]/);
  if (value === null || (nextKey >= 0 && value.index > nextKey)) return false;
  return (value[1] ?? value[2]) === 'true';
}
