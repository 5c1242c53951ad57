// The self-test's steps around QEMU: a small program is built as QEMU is, accelerators and displays are tried, a guest is booted by
// Bootgauge itself and by a launcher.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildEmulator } from '../build/build.ts';
import { git } from '../build/git.ts';
import { cacheOf, kitOptionsOf } from '../cli/kit-options.ts';
import { parseConfig } from '../config/config.ts';
import { defaultGuest } from '../config/defaults.ts';
import { scenariosOf } from '../config/scenarios.ts';
import { holdPorts } from '../guest/hold-ports.ts';
import { prepareSide } from '../guest/prepare.ts';
import { hostFacts } from '../host/facts.ts';
import { familyOf } from '../host/family.ts';
import { findProgram } from '../host/files.ts';
import { runProgram } from '../host/processes.ts';
import { systemOf } from '../host/systems.ts';
import type { HostView } from '../host/view.ts';
import { findEmulator } from '../kit/emulator.ts';
import type { Boot } from '../model/boot.ts';
import { BootgaugeError } from '../model/errors.ts';
import { configFileName } from '../model/file-names.ts';
import { type Emulator, emulatorName, type LaunchPlan } from '../model/launch-plan.ts';
import { bootOnce } from '../recording/boot-once.ts';
import { rememberIn } from '../store/memory.ts';
import { markerProfileOf } from '../timeline/custom-markers.ts';
import { readyNs } from '../timeline/read-timeline.ts';
import { acceleratorChecks, displayChecks, givenEmulator } from './qemu-checks.ts';
import { fails, notApplicable, type Outcome, passes, type SelfTestPlace, type SelfTestStep } from './self-test-step.ts';

export const qemuSteps: readonly SelfTestStep[] = [
  { id: 'build', title: 'build of a small program', run: buildProgram },
  { id: 'library-path', title: 'library path through a launcher', run: libraryPath },
  { id: 'trials', title: 'accelerators and displays', run: trials },
  { id: 'boot', title: 'boot of the reference guest', run: bootGuest },
  { id: 'launcher', title: 'boot by a launcher', run: bootLauncher },
];

const libraryVariable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH';

/** It is built, signed and kept as a QEMU is, and tells what a launcher has exported. */
const programFiles = (target: string): Readonly<Record<string, string>> => ({
  configure: `#!/bin/sh
cat >build.ninja <<END
rule cc
  command = \${CC:-cc} -O1 -o \\$out \\$in
build ${target}: cc ../main.c
END
`,
  'main.c': `#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    const char *path = getenv("${libraryVariable}");
    puts("QEMU emulator version 0.0.0 (self-test)");
    printf("library path: %s\\n", path ? path : "none");
    return 0;
}
`,
});

async function buildProgram(
  { context, architecture, scratch, made }: SelfTestPlace,
  signal: AbortSignal,
): Promise<Outcome> {
  const source = join(scratch, 'source');
  await mkdir(source);
  for (const [name, text] of Object.entries(programFiles(emulatorName(architecture))))
    await writeFile(join(source, name), text, { mode: 0o755 });
  await git(source, ['init', '--quiet', '-b', 'main', '.'], { signal });
  await git(source, ['add', '--all'], { signal });
  await git(source, ['commit', '--quiet', '-m', 'A small program'], { signal });
  const spec = {
    ...{ source, ref: null, patches: [], preset: 'none' as const, configure: [], python: null },
    ...{ environment: {}, dependencies: [] },
  };
  const { environment } = context;
  const options = { cache: join(scratch, 'cache'), environment, progress: () => {}, signal };
  const { emulator, made: compiled } = await buildEmulator({ spec, architecture, slot: 'head' }, options);
  made.program = emulator.program;
  const timed = async (): Promise<number> => {
    const begun = performance.now();
    await runProgram(emulator.program, ['--version'], { timeoutMs: 60_000, signal });
    return performance.now() - begun;
  };
  const [first, second] = [await timed(), await timed()];
  const seconds = (compiled?.configureSeconds ?? 0) + (compiled?.compileSeconds ?? 0);
  const times = `its first execution took ${first.toFixed(0)} ms, the second ${second.toFixed(0)} ms`;
  return passes(`built in ${seconds.toFixed(1)} s with ${emulator.build.compiler}; ${times}`);
}

/** System Integrity Protection takes these variables away where a protected program stands between launcher and QEMU. */
async function libraryPath(place: SelfTestPlace, signal: AbortSignal): Promise<Outcome> {
  const { made, scratch, architecture } = place;
  if (made.program === undefined) return notApplicable('the small program was not built');
  const folder = join(scratch, 'library-path');
  await mkdir(folder);
  const program = emulatorName(architecture);
  const script = `#!/bin/bash\nexport ${libraryVariable}=/self/test\nexec "$(dirname "$0")/build/${program}" -M virt\n`;
  await writeFile(join(folder, 'run.sh'), script, { mode: 0o755 });
  const boot = await bootWith(place, signal, folder, launcherConfig(place, made.program));
  const said = new TextDecoder().decode(boot.console.bytes) + boot.stderr;
  const [, path = 'nothing was said'] = /^library path: (.*)$/m.exec(said) ?? [];
  if (path.includes('/self/test')) return passes(`${libraryVariable} arrives`);
  return fails(
    `${libraryVariable}: ${path.trim()}`,
    'start QEMU from no program that the system protects (/usr/bin/env, a system shell)',
  );
}

async function trials(place: SelfTestPlace, signal: AbortSignal): Promise<readonly Outcome[]> {
  const { host, architecture } = place;
  const emulator = await emulatorToTry(place, signal);
  if (emulator === null) return [notApplicable('there is no QEMU to try')];
  const over = new AbortController();
  const priority = lowestPriority(host, AbortSignal.any([over.signal, signal]));
  try {
    const { architecture: native } = await hostFacts(host);
    const checks = [
      ...(await acceleratorChecks(host, emulator, architecture, native, { signal })),
      ...(await displayChecks(host, emulator, architecture, { signal })),
    ];
    over.abort();
    const band = await priority;
    const lines = checks.map(({ title, level, found, todo }): Outcome => {
      if (/^not for /.test(found)) return { ...notApplicable(found), title };
      return { ...(level === 'ok' ? passes(found) : fails(found, todo)), title };
    });
    return band === null ? lines : [...lines, { ...passes(`${band} at least`), title: 'priority of QEMU' }];
  } finally {
    over.abort();
  }
}

async function emulatorToTry(
  { context, host, qemu, architecture }: SelfTestPlace,
  signal: AbortSignal,
): Promise<Emulator | null> {
  if (qemu?.from === 'file') return (await givenEmulator(qemu.path, { signal })).emulator;
  const kit = qemu === null ? await findEmulator(cacheOf(context), architecture) : null;
  if (kit !== null && typeof kit !== 'string') return kit;
  const path = findProgram(host, emulatorName(architecture));
  return path === null ? null : (await givenEmulator(path, { signal })).emulator;
}

/** Of our children that are a QEMU; null where the system has no bands of priorities. */
async function lowestPriority(host: HostView, signal: AbortSignal): Promise<number | null> {
  const system = await systemOf(host);
  let lowest: number | null = null;
  while (!signal.aborted) {
    const family = familyOf(host.pid, await system.processes({ ...host, heard: () => {} }));
    for (const { command, priority } of family)
      if (command.startsWith('qemu') && priority !== null) lowest = Math.min(lowest ?? priority, priority);
    await delay(200);
  }
  return lowest;
}

async function bootGuest(place: SelfTestPlace, signal: AbortSignal): Promise<Outcome> {
  const emulator = await emulatorToTry(place, signal);
  if (emulator === null) return notApplicable('there is no QEMU to boot it with');
  const binary = emulator.origin === 'kit' ? 'kit' : emulator.program;
  const text = `version: 1
qemu: {binary: ${JSON.stringify(binary)}}
scenarios: {self-test: {guest: {kind: reference, arch: ${place.architecture}}, deadlines: {total: 170 s}}}
`;
  try {
    return told(
      await bootWith(place, signal, place.scratch, text, (plan) => {
        if (plan.kind === 'qemu') place.made.plan = plan;
      }),
    );
  } catch (error) {
    if (!(error instanceof BootgaugeError) || !/not whole in the cache/.test(error.message)) throw error;
    return notApplicable(`no ${defaultGuest.kind} guest in the cache: bootgauge guest build, or guest import`);
  }
}

/** The same guest, started by a script as people write them. */
async function bootLauncher(place: SelfTestPlace, signal: AbortSignal): Promise<Outcome> {
  const { made, scratch, architecture } = place;
  if (made.plan === undefined) return notApplicable('no guest was booted');
  const { emulator, accelerator, kernel, initrd, append, disks } = made.plan;
  const folder = join(scratch, 'launcher');
  await mkdir(folder);
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const machine = architecture === 'arm64' ? 'virt' : 'q35';
  const cpu = accelerator === 'tcg' ? 'max' : 'host';
  const script = `#!/bin/bash
cd "$(dirname "$0")" || exit 1
exec build/${emulatorName(architecture)} -M ${machine} -accel ${accelerator} -cpu ${cpu} -m 1G -smp 2 \\
  -device virtio-net-pci,netdev=net0 -netdev user,id=net0,hostfwd=tcp:127.0.0.1:$SSH_PORT-:22 \\
  -display none -vga none -serial mon:stdio -kernel ${quoted(kernel ?? '')} ${initrd === null ? '' : `-initrd ${quoted(initrd)}`} \\
  -append ${quoted(append)} ${disks.map(({ path, format }) => `-drive if=virtio,snapshot=on,format=${format},file=${quoted(path)}`).join(' ')}
`;
  await writeFile(join(folder, 'run.sh'), script, { mode: 0o755 });
  const qemu = emulator.origin === 'kit' ? 'kit' : emulator.program;
  return told(await bootWith(place, signal, folder, launcherConfig(place, qemu)));
}

const launcherConfig = ({ architecture }: SelfTestPlace, qemu: string): string => `version: 1
qemu: {binary: ${JSON.stringify(qemu)}}
scenarios:
  self-test:
    deadlines: {total: 170 s}
    guest:
      kind: launcher
      arch: ${architecture}
      command: [./run.sh]
      environment: {SSH_PORT: "{port}"}
      binary: build/${emulatorName(architecture)}
`;

function told(boot: Boot): Outcome {
  const ns = readyNs(boot);
  const { outcome } = boot;
  if (outcome.kind === 'ready' && ns !== null) return passes(`SSH answered after ${(ns / 1e9).toFixed(2)} s`);
  const words = `${new TextDecoder().decode(boot.console.bytes.slice(-300))} ${boot.stderr.slice(-300)}`.trim();
  return fails(`${JSON.stringify(outcome)}; last words: ${words || 'none'}`, 'bootgauge run shows the whole console');
}

/** One boot of the only scenario of a configuration that lies in `folder`. */
async function bootWith(
  { context }: SelfTestPlace,
  signal: AbortSignal,
  folder: string,
  text: string,
  onPlan: (plan: LaunchPlan) => void = () => {},
): Promise<Boot> {
  const [scenario] = scenariosOf(parseConfig(text, { path: join(folder, configFileName), name: configFileName }));
  if (scenario === undefined) throw new Error('the configuration has no scenario');
  const kit = {
    ...kitOptionsOf({ ...context, progress: () => {}, signal }, { mirror: null, keyring: null }),
    offline: true,
  };
  const remembered = rememberIn(join(folder, 'trials.json'));
  const plan = await prepareSide(scenario.head, scenario.profile, { kit, remembered });
  onPlan(plan);
  await using _ports = await holdPorts([plan], { progress: () => {}, signal });
  const slot = { side: 'head', round: 1, warmup: false } as const;
  return await bootOnce({
    plan,
    scenario,
    markers: markerProfileOf(scenario),
    slot,
    number: 1,
    onPhase: () => {},
    signal,
  });
}
