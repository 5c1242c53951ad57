// The same guest twice: started by the built-in launch, and by a launcher written like the fork's around the same kernel, disk and
// QEMU: fixed port, console and monitor on standard input and output, switches in the environment.
import { cp, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config/config.ts';
import { defaultGuest } from '../../src/config/defaults.ts';
import { scenariosOf } from '../../src/config/scenarios.ts';
import { holdPorts } from '../../src/guest/hold-ports.ts';
import { prepareSide } from '../../src/guest/prepare.ts';
import { assetDigest } from '../../src/host/assets.ts';
import { temporaryFolder } from '../../src/host/processes.ts';
import type { GuestFiles } from '../../src/kit/guest-entry.ts';
import { ensureGuest } from '../../src/kit/kit.ts';
import type { Boot } from '../../src/model/boot.ts';
import { configFileName } from '../../src/model/file-names.ts';
import type { LauncherLaunchPlan, LaunchPlan } from '../../src/model/launch-plan.ts';
import type { ProgressEvent } from '../../src/model/progress.ts';
import type { Scenario, Side } from '../../src/model/scenario.ts';
import type { Timeline } from '../../src/model/timeline.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import { rememberIn } from '../../src/store/memory.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';

const script = join(import.meta.dirname, '../fixtures/launcher/scripts/run-alpine.sh');

export interface LauncherPair extends AsyncDisposable {
  /** `head` is the launcher, `base` the built-in launch. */
  readonly scenario: Scenario;
  readonly plans: { readonly head: LauncherLaunchPlan; readonly base: LaunchPlan };
  /** The folder in which the launcher runs. */
  readonly tree: string;
  /** sha256 of the script and of every original, by name. */
  digests(): Promise<Readonly<Record<string, string>>>;
  boot(side: Side, round: number): Promise<{ readonly boot: Boot; readonly timeline: Timeline }>;
}

/** Holds the launcher's port until disposal, as a run does. */
export async function launcherPair(
  signal: AbortSignal,
  progress: (event: ProgressEvent) => void = () => {},
): Promise<LauncherPair> {
  await using resources = new AsyncDisposableStack();
  const cache = cacheFolder(process.env, homedir());
  const kit = { cache, progress, signal };
  const files = await ensureGuest(defaultGuest, kit);
  const tree = resources.use(await temporaryFolder('bootgauge-fork-')).path;
  await cp(script, join(tree, 'scripts/run-alpine.sh'));
  const config = configText(files);
  const path = join(tree, configFileName);
  await writeFile(path, config);
  const [scenario] = scenariosOf(parseConfig(config, { path, name: configFileName }));
  if (scenario === undefined || scenario.base === null) throw new Error('the configuration has no two sides');
  const options = { kit, remembered: rememberIn(join(cache, 'trials.json')) };
  const base = await prepareSide(scenario.base, scenario.profile, options, 'base');
  if (base.kind !== 'qemu' || scenario.head.guest.kind !== 'launcher') throw new Error('these are other sides');
  // The same kernel command line as the built-in launch gives: a word of it can be worth half a second.
  const environment = { ...scenario.head.guest.environment, APPEND: base.append };
  const guest = { ...scenario.head.guest, environment };
  const head = await prepareSide({ ...scenario.head, guest }, scenario.profile, options, 'head');
  if (head.kind !== 'launcher') throw new Error('the head is no launcher');
  resources.use(await holdPorts([head], { progress, signal }));
  const plans = { head, base };
  const owned = resources.move();
  return {
    scenario,
    plans,
    tree,
    async digests() {
      const originals = [{ to: 'script', from: join(tree, 'scripts/run-alpine.sh') }, ...head.assets];
      return Object.fromEntries(
        await Promise.all(originals.map(async ({ to, from }) => [to, await assetDigest(from)] as const)),
      );
    },
    async boot(side, round) {
      const markers = markerProfileOf(scenario);
      const slot = { side, round, warmup: false };
      const request = { plan: plans[side], scenario, markers, slot, number: round, onPhase: () => {}, signal };
      const boot = await bootOnce(request);
      return { boot, timeline: readTimeline({ boot, markers }) };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Phases and their lengths in ms, as both sides can have them: under a launcher the start of QEMU holds the script's own time, too. */
export function commonPhases({ phases }: Timeline): Map<string, number> {
  const found = new Map<string, number>();
  for (const { name, durationNs } of phases) {
    const common = name === 'qemu-start' ? 'before-openrc' : name;
    found.set(common, (found.get(common) ?? 0) + durationNs / 1e6);
  }
  return found;
}

/** What the maintainers of a fork would write, with the reference kit in the place of their files. */
function configText({ kernel, initrd, disks: [disk] }: GuestFiles): string {
  return `version: 1
scenarios:
  fork:
    accel: tcg
    cpus: 2
    memory: 1 GiB
    deadlines: {total: 4 min}
    base: {guest: reference}
    head:
      guest:
        kind: launcher
        command: [scripts/run-alpine.sh, run]
        port: 2222
        environment: {ACCEL: tcg, CPU: "max,pauth-impdef=on", CPUS: "2", MEMORY: 1G}
        binary: build/qemu-system-aarch64
        assets:
          images/vmlinuz: ${JSON.stringify(kernel)}
          images/initramfs: ${JSON.stringify(initrd)}
          images/alpine.img: ${JSON.stringify(disk.path)}
        ssh: {key: cache}
`;
}
