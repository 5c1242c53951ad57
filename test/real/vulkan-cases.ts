// Ways in which Vulkan fails, each produced for real with the reference kit, and what must be said about it.
import { homedir } from 'node:os';
import { defaultDeadlines, defaultRules, defaultSide } from '../../src/config/defaults.ts';
import { isWhole } from '../../src/kit/entry.ts';
import { buildGuest } from '../../src/kit/guest.ts';
import { findGuest, type GuestFiles, unlockGuest } from '../../src/kit/guest-entry.ts';
import { type GuestRecipe, guestRecipe } from '../../src/kit/guest-recipe.ts';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import type { KitOptions } from '../../src/kit/options.ts';
import type { Boot } from '../../src/model/boot.ts';
import type { ReferenceGuest } from '../../src/model/guests/reference.ts';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { Scenario, Side } from '../../src/model/scenario.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { planReference } from '../guest/plan-reference.ts';
import { faultyDriver } from './faulty-driver.ts';
import { stopRenderers } from './stop-renderers.ts';

export interface VulkanCase {
  readonly name: string;
  /** The guest; `venus` if not given. */
  readonly guest?: keyof typeof variants;
  /** Changes the plan of a good boot into a bad one. */
  readonly spoil: (plan: QemuLaunchPlan) => QemuLaunchPlan;
  /** Pictures are drawn, too. */
  readonly draw?: true;
  /** A user's probe on top. */
  readonly probes?: Scenario['probes'];
  /** Disturbs the running boot. */
  readonly disturb?: (plan: QemuLaunchPlan, signal: AbortSignal) => Promise<void>;
  /** Id of the finding that must name it; null: all must be well. */
  readonly finding: string | null;
  /** Findings that are true besides. */
  readonly also?: readonly string[];
  /** The outcome's kind and, where a probe failed, which one. */
  readonly outcome: string;
}

const withArguments =
  (...extraArguments: string[]) =>
  (plan: QemuLaunchPlan): QemuLaunchPlan => ({ ...plan, gpu: 'none', extraArguments });

const withEnvironment =
  (environment: Readonly<Record<string, string>>) =>
  (plan: QemuLaunchPlan): QemuLaunchPlan => ({
    ...plan,
    emulator: { ...plan.emulator, environment: { ...plan.emulator.environment, ...environment } },
  });

const withFaultyDriver =
  (how: string) =>
  (plan: QemuLaunchPlan): QemuLaunchPlan =>
    withEnvironment(faultyDriver(how, plan.emulator.environment.VK_DRIVER_FILES ?? ''))(plan);

const withoutEnvironment =
  (name: string) =>
  (plan: QemuLaunchPlan): QemuLaunchPlan => {
    const { [name]: _, ...environment } = plan.emulator.environment;
    return { ...plan, emulator: { ...plan.emulator, environment } };
  };

const withGpu =
  (gpu: QemuLaunchPlan['gpu']) =>
  (plan: QemuLaunchPlan): QemuLaunchPlan => ({ ...plan, gpu });

const unchanged = (plan: QemuLaunchPlan): QemuLaunchPlan => plan;
const display = ['-display', 'egl-headless,rendernode=/dev/null'];
const venusDevice = ['-device', 'virtio-gpu-gl-pci,blob=on,venus=on,hostmem=256M'];

/** Those that need the longest come last. */
export const vulkanCases: readonly VulkanCase[] = [
  { name: 'venus', spoil: unchanged, draw: true, finding: null, outcome: 'ready' },
  {
    name: 'no blob and hostmem',
    spoil: withArguments(...display, '-device', 'virtio-gpu-gl-pci,venus=on'),
    finding: 'venus-needs-blob',
    outcome: 'exited',
  },
  { name: 'no GL display', spoil: withArguments(...venusDevice), finding: 'no-opengl-display', outcome: 'exited' },
  { name: 'plain GPU', spoil: withGpu('plain'), finding: 'no-venus-capset', outcome: 'failed vulkan' },
  {
    name: 'GL without venus',
    spoil: withArguments(...display, '-device', 'virtio-gpu-gl-pci'),
    finding: 'no-venus-capset',
    outcome: 'failed vulkan',
  },
  {
    name: 'render server missing',
    spoil: withoutEnvironment('RENDER_SERVER_EXEC_PATH'),
    finding: 'venus-render-server',
    outcome: 'failed vulkan',
  },
  {
    name: 'render server that cannot be started',
    spoil: withEnvironment({ RENDER_SERVER_EXEC_PATH: '/nonexistent/virgl_render_server' }),
    finding: 'venus-render-server',
    outcome: 'failed vulkan',
  },
  {
    name: 'host without an ICD',
    spoil: withEnvironment({ VK_DRIVER_FILES: '/nonexistent/icd.json' }),
    finding: 'no-host-vulkan',
    outcome: 'failed vulkan',
  },
  {
    name: 'lavapipe beside a lost Venus',
    guest: 'software',
    spoil: withGpu('plain'),
    finding: 'vulkan-software',
    also: ['no-venus-capset'],
    outcome: 'failed vulkan',
  },
  { name: 'lavapipe beside Venus', guest: 'software', spoil: unchanged, finding: null, outcome: 'ready' },
  { name: 'guest without the device', spoil: withGpu('none'), finding: 'no-gpu-device', outcome: 'failed drm' },
  {
    name: 'two GPUs in the wrong order',
    spoil: withArguments(...display, '-device', 'virtio-gpu-pci', ...venusDevice),
    // An older Mesa opens the first GPU only; the one of the kit finds the other.
    finding: null,
    outcome: 'ready',
  },
  {
    name: 'vulkaninfo missing',
    guest: 'without-tools',
    spoil: unchanged,
    finding: 'vulkaninfo-missing',
    outcome: 'failed vulkan',
  },
  {
    name: 'a probe that hangs',
    spoil: unchanged,
    probes: [{ name: 'stuck', run: 'sleep 600', expect: null, timeoutMs: 3000, metric: null }],
    finding: 'probe-hangs',
    outcome: 'failed stuck',
  },
  {
    name: 'a host without room for 64 MiB of blob memory',
    spoil: withArguments(...display, '-device', 'virtio-gpu-gl-pci,blob=on,venus=on,hostmem=32M'),
    draw: true,
    finding: 'drawing-swap',
    outcome: 'failed draw',
  },
  {
    name: 'a descriptor unbound at the host',
    spoil: withFaultyDriver('descriptor'),
    draw: true,
    finding: 'drawing-uniform',
    // The driver of the guest gives up by itself, or its program is ended.
    also: ['gpu-fence-stuck'],
    outcome: 'failed draw',
  },
  {
    name: 'a texture that does not arrive',
    spoil: withFaultyDriver('upload'),
    draw: true,
    finding: 'drawing-texture',
    outcome: 'failed draw',
  },
  {
    name: 'a host that hangs on an unbound uniform buffer',
    spoil: withFaultyDriver('unbound'),
    draw: true,
    finding: 'drawing-unbound-uniform',
    // The driver of the guest gives up by itself, or its program is ended.
    also: ['gpu-fence-stuck'],
    outcome: 'failed draw',
  },
  {
    name: 'a shader compiler that fails after a fork',
    spoil: withFaultyDriver('compiler'),
    draw: true,
    finding: 'drawing-late-pipeline',
    // The renderer misses the pipeline that was not made.
    also: ['venus-host-error'],
    outcome: 'failed draw',
  },
  {
    name: 'a renderer killed in the middle of frames',
    spoil: withFaultyDriver('killed'),
    draw: true,
    finding: 'drawing-frames',
    // The driver of the guest gives up by itself, or its program is ended.
    also: ['gpu-fence-stuck'],
    outcome: 'failed draw',
  },
  {
    name: 'a host renderer that hangs',
    spoil: unchanged,
    disturb: (plan, signal) => stopRenderers('server', plan, signal),
    // QEMU waits for it, and the network of its guest with QEMU.
    finding: 'vulkan-hangs',
    outcome: 'failed vulkan',
  },
  {
    name: 'a host renderer that answers no more',
    spoil: unchanged,
    disturb: (plan, signal) => stopRenderers('workers', plan, signal),
    finding: 'gpu-fence-stuck',
    outcome: 'failed vulkan',
  },
];

const reference: ReferenceGuest = { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' };

/** Guests that differ from the reference guest in their drivers only. */
const variants = {
  venus: null,
  /** Lavapipe beside Venus, as most distributions install it. */
  software: (recipe: GuestRecipe): GuestRecipe => ({
    ...recipe,
    name: `${recipe.name}-software`,
    unwanted: recipe.unwanted.filter((pattern) => !pattern.includes('libllvm')),
    exclude: recipe.exclude.map((pattern) => pattern.replace('[!v]', '[!vl]')),
  }),
  'without-tools': (recipe: GuestRecipe): GuestRecipe => ({
    ...recipe,
    name: `${recipe.name}-without-tools`,
    packages: recipe.packages.map((name) => (name === 'vulkan-tools' ? 'libvulkan1' : name)),
  }),
} as const;

/** Where the kit lies and what ends an assembly. */
export function kitFor(signal: AbortSignal): KitOptions {
  return { cache: cacheFolder(process.env, homedir()), progress: () => {}, signal };
}

async function guestFiles(name: keyof typeof variants, kit: KitOptions): Promise<GuestFiles> {
  const change = variants[name];
  if (change === null) return ensureGuest(reference, kit);
  await ensureGuest(reference, kit);
  const recipe = change(guestRecipe(reference));
  const found = await findGuest(kit.cache, recipe);
  const whole = isWhole(found) ? found : await buildGuest(recipe, { ...kit, when: 'missing' });
  return unlockGuest(whole, kit);
}

/** The scenario of all cases: it asks for Venus. */
function venusScenario(probes: Scenario['probes'] = []): Scenario {
  const head = { ...defaultSide, machine: { ...defaultSide.machine, accel: 'tcg' as const, gpu: 'venus' as const } };
  return {
    id: 'vulkan',
    description: '',
    profile: 'timing',
    markers: 'alpine',
    head,
    base: null,
    probes,
    deadlines: defaultDeadlines,
    metrics: defaultRules,
    sampling: { warmup: 0, boots: 1, maxBoots: 1, timeBudgetMs: 600_000 },
  };
}

export interface CaseBoot {
  readonly scenario: Scenario;
  readonly plan: QemuLaunchPlan;
  readonly boot: Boot;
}

/** What a case boots. */
export async function casePlan(which: VulkanCase, signal: AbortSignal): Promise<QemuLaunchPlan> {
  const kit = kitFor(signal);
  const emulator = await ensureEmulator(kit);
  const files = await guestFiles(which.guest ?? 'venus', kit);
  const { machine } = venusScenario().head;
  return which.spoil(
    planReference({ guest: reference, files, machine, profile: 'timing', emulator, accelerator: 'tcg' }),
  );
}

/** Boots a case once, as a run would. */
export async function bootCase(
  which: VulkanCase,
  slot: { readonly number: number; readonly side: Side; readonly round: number },
  signal: AbortSignal,
): Promise<CaseBoot> {
  const scenario = { ...venusScenario(which.probes), ...(which.draw === true ? { draw: which.draw } : {}) };
  const plan = await casePlan(which, signal);
  const over = new AbortController();
  const disturbance = which.disturb?.(plan, AbortSignal.any([signal, over.signal]));
  try {
    const { number, side, round } = slot;
    const markers = markerProfileOf(scenario);
    const request = { plan, scenario, markers, number, onPhase: () => {}, signal };
    return { scenario, plan, boot: await bootOnce({ ...request, slot: { side, round, warmup: false } }) };
  } finally {
    over.abort();
    await disturbance;
  }
}

/** `failed vulkan`, `exited`, ... */
export function outcomeWords({ outcome }: Boot): string {
  return outcome.kind === 'failed' ? `failed ${outcome.probe}` : outcome.kind;
}
