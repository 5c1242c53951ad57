// Pairs of real boots: one measured as a run measures it, one by a shell that starts the same QEMU and reads its console from a
// pipe. Both are timed from just before the spawn to the end of the line that says the SSH server was started.
import { homedir } from 'node:os';
import { runProgram, temporaryFolder } from '../../src/host/processes.ts';
import { ensureEmulator, ensureGuest } from '../../src/kit/kit.ts';
import type { QemuLaunchPlan } from '../../src/model/launch-plan.ts';
import type { MachineSpec } from '../../src/model/scenario.ts';
import { qemuArguments } from '../../src/qemu/arguments.ts';
import { reservePort } from '../../src/qemu/ports.ts';
import { bootOnce } from '../../src/recording/boot-once.ts';
import { cacheFolder } from '../../src/store/cache-folder.ts';
import type { MarkerProfile } from '../../src/timeline/marker.ts';
import { markerProfiles } from '../../src/timeline/marker-profiles.ts';
import { exampleScenario } from '../examples/run.ts';
import { planReference } from '../guest/plan-reference.ts';

export interface BarePair {
  readonly measuredMs: number;
  readonly bareMs: number;
}

/** In a line of its own on the reference guest's console, once dropbear was started. */
const marker = 'Starting dropbear';
const limitMs = 120_000;

export async function bootPairs(count: number, signal: AbortSignal, say: (text: string) => void): Promise<BarePair[]> {
  if (count === 0) return [];
  const plan = await prepare(signal);
  const pairs: BarePair[] = [];
  // One of each that is not counted: files come into the page cache, code is compiled.
  await bootBare(plan);
  await bootMeasured(plan, 1, signal);
  for (let pair = 1; pair <= count && !signal.aborted; pair += 1) {
    const bareFirst = pair % 2 === 0;
    let result: BarePair;
    try {
      const first = bareFirst ? await bootBare(plan) : await bootMeasured(plan, pair, signal);
      const second = bareFirst ? await bootMeasured(plan, pair, signal) : await bootBare(plan);
      result = { measuredMs: bareFirst ? second : first, bareMs: bareFirst ? first : second };
    } catch (error) {
      // What was measured before an interruption is shown.
      // oxlint-disable-next-line typescript/no-unnecessary-condition -- the signal may come while it boots
      if (signal.aborted) break;
      throw error;
    }
    say(`pair ${pair} of ${count}: ${result.measuredMs.toFixed(0)} ms measured, ${result.bareMs.toFixed(0)} ms bare`);
    pairs.push(result);
  }
  return pairs;
}

/** The reference guest under TCG, as all boots here are. */
export async function prepare(signal: AbortSignal): Promise<QemuLaunchPlan> {
  const kit = { cache: cacheFolder(process.env, homedir()), progress: () => {}, signal };
  const guest = { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' } as const;
  const emulator = await ensureEmulator(kit);
  const files = await ensureGuest(guest, kit);
  const machine: MachineSpec = { accel: 'tcg', cpus: 2, memoryMiB: 1024, gpu: 'none', append: '', qemuArguments: [] };
  return planReference({ guest, files, machine, profile: 'timing', emulator, accelerator: 'tcg' });
}

async function bootMeasured(plan: QemuLaunchPlan, number: number, signal: AbortSignal): Promise<number> {
  const boot = await bootOnce({
    plan,
    scenario: { ...exampleScenario, deadlines: { totalMs: limitMs, phasesMs: {} } },
    markers: markerProfiles.alpine as MarkerProfile,
    slot: { side: 'head', round: number, warmup: false },
    number,
    onPhase: () => {},
    signal,
  });
  const { bytes, reads } = boot.console;
  const console = Buffer.from(bytes);
  const end = console.indexOf('\n', Math.max(0, console.indexOf(marker)));
  if (!console.includes(marker) || end < 0)
    throw new Error(`no marker on the console; ${JSON.stringify(boot.outcome)}`);
  return (reads.findLast((read) => read.offset <= end)?.atNs ?? Number.NaN) / 1e6;
}

/** No QMP, no probes, no Node while it runs: a shell, a pipe, and the shell's clock. */
async function bootBare(plan: QemuLaunchPlan): Promise<number> {
  await using folder = await temporaryFolder('bootgauge-bare-');
  using port = await reservePort();
  using closed = await reservePort();
  const wiring = {
    sshPort: port.port,
    closedPort: closed.port,
    network: 'restricted',
    glDisplay: 'egl-headless',
    renderNode: null,
  } as const;
  const { emulator } = plan;
  const words = [...emulator.leadingArguments, ...withoutUs(qemuArguments(plan, wiring))];
  // grep reads what there is; a shell's own read takes a pipe byte by byte, which would make the bare boot look slow.
  const script = `
date +%s%N
"$@" </dev/null 2>/dev/null | {
  grep -q -m1 '${marker}'
  date +%s%N
}
`;
  const answer = await runProgram('/bin/sh', ['-c', script, 'sh', emulator.program, ...words], {
    timeoutMs: limitMs,
    environment: { ...emulator.environment, TMPDIR: folder.path },
    enough: (stdout) => /\d\n\d+\n/.test(stdout),
  });
  const [begin, end] = answer.stdout.split('\n').map((word) => BigInt(word)) as [bigint, bigint];
  if (!end) throw new Error(`the bare boot did not come to its marker: ${answer.stderr}`);
  return Number(end - begin) / 1e6;
}

/** The same machine without what we add to talk to it; its console on standard output. */
function withoutUs(words: readonly string[]): string[] {
  const kept = words.flatMap((word, index) => {
    const before = words[index - 1];
    if (word === '-S') return [];
    if (word.includes('id=qmp') || word.includes('chardev=qmp')) return [];
    if (word === '-chardev' && words[index + 1]?.includes('id=qmp')) return [];
    if (word === '-mon') return [];
    if (before === '-chardev' && word.includes('id=console')) return ['stdio,id=console,signal=off'];
    return [word];
  });
  return kept;
}
