// Examines this machine: everything that a run would need, each finding with the one thing to do about it.
import { checkBuild } from '../build/build.ts';
import { findToolchain } from '../build/toolchain.ts';
import type { CommandContext } from '../cli/context.ts';
import { cacheOf } from '../cli/kit-options.ts';
import { neededNode } from '../cli/node-version.ts';
import { loadConfig } from '../config/config.ts';
import { scenarioIds, scenariosOf } from '../config/scenarios.ts';
import { type Check, ok, problem, warning } from '../host/check.ts';
import { hostState } from '../host/conditions.ts';
import { hostFacts } from '../host/facts.ts';
import { findProgram } from '../host/files.ts';
import { howToInstall, wslChecks } from '../host/linux/install.ts';
import { gibibytes, noiseCheck, stateChecks } from '../host/state-checks.ts';
import { systemOf } from '../host/systems.ts';
import { type HostView, thisHost } from '../host/view.ts';
import { findEmulator } from '../kit/emulator.ts';
import { type Found, isWhole } from '../kit/entry.ts';
import { type ListedGuest, listGuests } from '../kit/kit.ts';
import type { BuildSpec } from '../model/build.ts';
import type { HostFacts } from '../model/conditions.ts';
import { BootgaugeError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { type BootedGuest, bootedGuest } from '../model/guests/guests.ts';
import type { Emulator } from '../model/launch-plan.ts';
import { withoutCredentials } from '../model/plain-text.ts';
import { isRepositoryUrl } from '../model/repository.ts';
import type { QemuChoice } from '../model/scenario.ts';
import { archiveChecks, cacheCheck, type KitNeeds, sshCheck, toolsCheck } from './kit-checks.ts';
import { acceleratorChecks, displayChecks, givenEmulator, pathEmulator } from './qemu-checks.ts';

export interface Examination {
  /** Configuration to read; undefined: found as every command finds it. */
  readonly config: string | undefined;
  /** QEMU to look at; null: the one that the configuration names. */
  readonly qemu: QemuChoice | null;
  /** Of the guests. */
  readonly architecture: Architecture;
}

/** What a test may put in the place of the real thing. */
export interface DoctorParts {
  /** The machine to look at. */
  readonly host?: HostView;
  readonly noise?: () => Promise<Check>;
  /** How long a trial of an accelerator or a display may take. */
  readonly trialMs?: number;
  /** Ends the self-test, if not its usual time. */
  readonly limit?: AbortSignal;
}

/** Tries what a run would need. Never throws for what is wrong with the machine: that is a finding. */
export async function examine(
  request: Examination,
  context: CommandContext,
  parts: DoctorParts = {},
): Promise<{ readonly facts: HostFacts; readonly checks: readonly Check[] }> {
  const host = parts.host ?? thisHost(context.environment);
  const cache = cacheOf(context);
  const facts = await hostFacts(host);
  // These two come first and alone: what follows makes noise itself.
  const state = await hostState(cache, host);
  const noise = await (parts.noise ?? noiseCheck)();
  const configuration = readConfiguration(request, context);
  const installed = await findEmulator(cache, request.architecture);
  const guests = await listGuests(cache);
  context.signal.throwIfAborted();
  const { wanted } = configuration;
  const needsKit = wanted.guest || wanted.qemu.some(({ from }) => from === 'kit');
  const needs: KitNeeds = {
    ...configuration.kit,
    assembled:
      (isWhole(installed) || wanted.qemu.every(({ from }) => from !== 'kit')) &&
      (!wanted.guest || guests.some((guest) => guest.manifest !== null)),
    signal: context.signal,
  };
  const [qemu, archive, cacheLine, mac] = await Promise.all([
    emulatorChecks({ host, facts, request, choices: wanted.qemu, installed, context, trialMs: parts.trialMs }),
    needsKit ? archiveChecks(host, needs) : [],
    cacheCheck(cache),
    (await systemOf(host)).checks(host),
  ]);
  const checks: readonly Check[] = [
    machineCheck(facts),
    // An older one was refused at the door.
    ok('node', 'Node', `${process.versions.node} (needed: ${neededNode} or later)`),
    configuration.check,
    ...qemu,
    sshCheck(host),
    ...(wanted.guest ? [guestCheck(host, guests)] : []),
    ...(needsKit && canAssemble(host) ? [toolsCheck(host, needs)] : []),
    ...archive,
    cacheLine,
    ...mac,
    ...wslChecks(host, [context.folder, cache]),
    ...stateChecks(facts, state),
    noise,
  ];
  return { facts, checks };
}

function machineCheck(facts: HostFacts): Check {
  const cores = facts.cores === undefined ? '' : ` (${facts.cores})`;
  const found = [
    facts.chip,
    `${facts.cpus} CPUs${cores}`,
    gibibytes(facts.memoryMiB),
    facts.osVersion,
    ...(facts.sdk === undefined ? [] : [facts.sdk]),
  ];
  return ok('machine', 'machine', found.join(', '));
}

/** What the scenarios boot, besides what a launcher brings itself. */
interface Wanted {
  readonly qemu: readonly QemuChoice[];
  /** A reference guest is among it. */
  readonly guest: boolean;
}

function readConfiguration(request: Examination, context: CommandContext) {
  const chosen = request.qemu === null ? [] : [request.qemu];
  try {
    const config = loadConfig(context.folder, request.config);
    const found = config.file ?? 'no bootgauge.yml: the defaults are used';
    const kit = { mirror: config.kit.mirror ?? undefined, keyring: config.kit.keyring ?? undefined };
    const sides = scenariosOf(config, scenarioIds(config)).flatMap(({ base, head }) => [head, ...(base ? [base] : [])]);
    const guests = sides.map(({ guest }) => bootedGuest(guest));
    const named = sides.filter((_, index) => !bringsQemu(guests[index] as BootedGuest)).map(({ qemu }) => qemu);
    const qemu = chosen.length > 0 ? chosen : [...new Map(named.map((one) => [JSON.stringify(one), one])).values()];
    return { check: ok('configuration', 'configuration', found), kit, wanted: { qemu, guest: guests.some(isOfKit) } };
  } catch (error) {
    if (!(error instanceof BootgaugeError)) throw error;
    const check = problem('configuration', 'configuration', error.message, error.hint || 'correct the file');
    const qemu = chosen.length > 0 ? chosen : [{ from: 'kit' } as const];
    return { check, kit: {}, wanted: { qemu, guest: true } };
  }
}

const bringsQemu = (guest: BootedGuest): boolean => guest.kind === 'launcher' && guest.binary === null;

const isOfKit = (guest: BootedGuest): boolean =>
  guest.kind === 'reference' || (guest.kind === 'custom' && guest.rest !== null && isOfKit(guest.rest));

interface EmulatorsAsked {
  readonly host: HostView;
  readonly facts: HostFacts;
  readonly request: Examination;
  readonly choices: Wanted['qemu'];
  readonly installed: Found<Emulator>;
  readonly context: CommandContext;
  readonly trialMs: number | undefined;
}

async function emulatorChecks(asked: EmulatorsAsked): Promise<readonly Check[]> {
  const { host, facts, request, choices } = asked;
  const { architecture } = request;
  const wanted = await Promise.all(choices.map((choice) => wantedEmulator(choice, asked)));
  const checks =
    wanted.length > 0 ? wanted.map(({ check }) => check) : [ok('qemu', 'QEMU', 'what the launcher starts')];
  const own = wanted.find(({ emulator }) => emulator !== null)?.emulator ?? null;
  const spare = choices.some(({ from }) => from === 'path') ? null : await pathEmulator(host, architecture, 'spare');
  const tried = own ?? spare?.emulator ?? null;
  const { signal } = asked.context;
  const options = { signal, ...(asked.trialMs !== undefined && { timeoutMs: asked.trialMs }) };
  const trials =
    tried === null
      ? []
      : [
          ...(await acceleratorChecks(host, tried, architecture, facts.architecture, options)),
          ...(await displayChecks(host, tried, architecture, options)),
        ];
  // Tried with a QEMU that no run will use, a failure proves nothing about the one that will.
  const trialChecks = own === null ? trials.map(withSpare) : trials;
  return [...checks, ...(spare === null ? [] : [spare.check]), ...trialChecks];
}

async function wantedEmulator(
  choice: QemuChoice,
  { host, request, installed, context }: EmulatorsAsked,
): Promise<{ readonly emulator: Emulator | null; readonly check: Check }> {
  switch (choice.from) {
    case 'file':
      return await givenEmulator(choice.path);
    case 'path':
      return await pathEmulator(host, request.architecture, 'wanted');
    case 'build':
      return { emulator: null, check: await sourceCheck(choice.build, context) };
    case 'kit':
      return { emulator: isWhole(installed) ? installed : null, check: kitCheck(host, installed) };
  }
}

/** Proves what can be proved without loading or building anything. */
async function sourceCheck(spec: BuildSpec, context: CommandContext): Promise<Check> {
  const { environment, signal } = context;
  const options = { cache: cacheOf(context), environment, signal, progress: () => {}, offline: true };
  const sources = [spec.source, ...spec.dependencies.map(({ source }) => source)];
  try {
    // A repository that was not loaded yet is none that is missing.
    if (sources.some(isRepositoryUrl)) await findToolchain(spec.configure, options);
    else await checkBuild(spec, options);
  } catch (error) {
    if (!(error instanceof BootgaugeError)) throw error;
    return problem('qemu', 'QEMU', `cannot be built: ${error.message}`, error.hint || 'see qemu: in bootgauge.yml');
  }
  const after = spec.dependencies.map(({ name }) => name).join(', ');
  const built = `is built from ${withoutCredentials(spec.source)}, preset ${spec.preset}`;
  return ok('qemu', 'QEMU', after === '' ? built : `${built}, after ${after}`);
}

const withSpare = (check: Check): Check => ({
  ...check,
  level: check.level === 'problem' ? 'warning' : check.level,
  found: `${check.found} (with the QEMU on PATH)`,
});

function kitCheck(host: HostView, installed: Found<Emulator>): Check {
  if (isWhole(installed)) return ok('qemu', 'QEMU', `${installed.version}, of the kit`);
  if (!canAssemble(host)) {
    const todo = `${howToInstall('qemu', host)}, and set qemu: {binary: path} in bootgauge.yml (for doctor: --qemu)`;
    return problem(
      'qemu',
      'QEMU',
      "the kit's QEMU is assembled with apt, on Debian and Ubuntu; one of your own works",
      todo,
    );
  }
  const found = installed ?? 'the kit is not assembled yet';
  return warning('qemu', 'QEMU', found, 'the next run assembles it; to do it now: bootgauge guest build');
}

function guestCheck(host: HostView, guests: readonly ListedGuest[]): Check {
  const whole = guests.filter((guest) => guest.manifest !== null).map((guest) => guest.name);
  const damaged = guests.find((guest) => guest.manifest === null)?.problem;
  const found = damaged ?? (whole.length === 0 ? 'none assembled yet' : whole.join(', '));
  if (damaged === undefined && whole.length > 0) return ok('guest', 'guests', found);
  if (canAssemble(host)) {
    return warning(
      'guest',
      'guests',
      found,
      'the next run assembles what it needs; to do it now: bootgauge guest build',
    );
  }
  const todo = 'bootgauge guest import <address> --sha256 <digest>: the notes of a release have the whole command';
  return whole.length > 0 ? warning('guest', 'guests', found, todo) : problem('guest', 'guests', found, todo);
}

/** Without apt, emulator and guest come from elsewhere. */
const canAssemble = (host: HostView): boolean => findProgram(host, 'apt-get') !== null;
