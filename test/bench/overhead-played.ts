// Boots played at exact times, as long and as talkative as a real one: how late the stamps are, and what CPU time measuring takes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../src/host/processes.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import type { MarkerProfile } from '../../src/timeline/marker.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { exampleScenario } from '../examples/run.ts';
import { type PlayerScript, planFor, playerEmulator, readTruth } from '../fixtures/qemu-player-script.ts';

export interface PlayedBoot {
  /** From the emulator's write to the stamp of the read that holds its last byte; one per write. */
  readonly lateMs: readonly number[];
  /** Our own CPU time from the call to the disposal. */
  readonly cpuMs: number;
  /** From the spawn to the banner. */
  readonly lengthMs: number;
}

/** As the reference guest was recorded: its network answers 0.7 s before its SSH server does. */
const networkAtMs = 8300;
const bannerAtMs = 9000;

export async function playBoots(
  count: number,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<PlayedBoot[]> {
  const boots: PlayedBoot[] = [];
  // Not counted, like the warm-up of a run: code is loaded and compiled.
  if (count > 0) await playOnce(0, signal);
  for (let number = 1; number <= count && !signal.aborted; number += 1) {
    const boot = await playOnce(number, signal);
    say(`played boot ${number} of ${count}: ${boot.cpuMs.toFixed(0)} ms of CPU in ${boot.lengthMs.toFixed(0)} ms`);
    boots.push(boot);
  }
  return boots;
}

async function playOnce(number: number, signal: AbortSignal): Promise<PlayedBoot> {
  await using folder = await temporaryFolder('bootgauge-bench-');
  const emulator = await playerEmulator(folder.path, transcript());
  let zeroNs = 0;
  const before = process.cpuUsage();
  const boot = await bootOnce({
    plan: planFor(emulator),
    scenario: { ...exampleScenario, profile: 'attribution' },
    markers: markerProfiles.alpine as MarkerProfile,
    slot: { side: 'head', round: number, warmup: false },
    number,
    onPhase: () => {},
    onLaunch: (vm) => {
      zeroNs = vm.clockZeroNs;
    },
    signal,
  });
  const used = process.cpuUsage(before);
  const banner = boot.probes.find((event) => event.outcome === 'banner');
  if (boot.outcome.kind !== 'ready' || !banner) throw new Error(`the played boot was ${JSON.stringify(boot.outcome)}`);
  const written = (await readTruth(emulator.truthFile)).filter(({ what }) => what.startsWith('console '));
  const { reads } = boot.console;
  let end = 0;
  let at = 0;
  const lateMs = written.map(({ ns, what }) => {
    end += Buffer.byteLength(JSON.parse(what.slice('console '.length)) as string);
    while ((reads[at + 1]?.offset ?? Number.POSITIVE_INFINITY) < end) at += 1;
    return (zeroNs + (reads[at]?.atNs ?? Number.NaN) - ns) / 1e6;
  });
  return { lateMs, cpuMs: (used.user + used.system) / 1000, lengthMs: banner.atNs / 1e6 };
}

/** The verbose console of the reference guest, its lines spread over the boot in twos and threes. */
function transcript(): PlayerScript {
  const path = join(import.meta.dirname, '../fixtures/consoles/reference-guest-verbose.console');
  const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
  const stepMs = (bannerAtMs - 300) / lines.length;
  const console = lines.map((line, index) => [100 + index * stepMs - (index % 3) * stepMs * 0.8, line] as const);
  return { console, ssh: { networkAtMs, bannerAtMs } };
}
