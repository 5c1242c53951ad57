// configure and ninja in a build folder that may hold an earlier build: configured anew only when the plan changed, or what configuration
// takes from the tree; compiled only where files did. Failures say what a person needs: the missing package, the first compiler error.
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isThere } from '../host/files.ts';
import { asTask } from '../host/task.ts';
import { measurementError } from '../model/errors.ts';
import { parseOrNull } from '../model/stored.ts';
import { formatCount } from '../model/units.ts';
import { writeFileAtomically } from '../store/atomic.ts';
import { hashValue } from '../store/digest.ts';
import { firstFailure } from './compiler-errors.ts';
import { configureInputs } from './configure-inputs.ts';
import { diskFull, sourceFault, throwIfFull } from './faults.ts';
import { firmwareTargets } from './firmware.ts';
import { configureFailure } from './missing.ts';
import type { BuildOptions } from './options.ts';
import { type Asked, askedIn, askedSchema, type Libraries, watchPackages } from './pkg-config.ts';

import type { ConfigurePlan } from './presets.ts';
import { runStep, type StepEnd } from './steps.ts';
import { type Toolchain, toolchainKey } from './toolchain.ts';
import { type Part, partsKey } from './tree-parts.ts';
import type { Slot } from './worktree.ts';

export interface CompileRequest {
  /** For people: `head (v10.0.0, 1 patch)`. */
  readonly what: string;
  /** The same where it is told that it goes on: `head (v10.0.0, 1 patch), build 2 of 2`. */
  readonly task: string;
  readonly slot: Slot;
  readonly plan: ConfigurePlan;
  readonly toolchain: Toolchain;
  /** What of the source is built in besides the tree itself. */
  readonly parts: readonly Part[];
  readonly log: string;
}

export interface Compiled {
  /** The program that ninja made. */
  readonly program: string;
  /** Commands that ninja ran; 0 when nothing had changed. */
  readonly steps: number;
  readonly configureSeconds: number;
  readonly compileSeconds: number;
  /** Libraries that it looked for. */
  readonly asked: Asked;
}

export async function compile(request: CompileRequest, options: BuildOptions): Promise<Compiled> {
  const begun = performance.now();
  const { slot, toolchain } = request;
  const settled = await configureOnce(request, options);
  const configured = performance.now();
  const steps = await runNinja(request, options);
  // Where meson's files had changed, ninja has configured it again.
  const asked = await askedIn(slot.buildFolder, toolchain.libraries);
  await writeFileAtomically(stampOf(slot), JSON.stringify({ settled, asked }));
  const program = join(request.slot.buildFolder, request.plan.target);
  if (!(await isThere(program))) {
    throw sourceFault(`the build of ${request.what} made no ${request.plan.target}`, `see ${request.log}`);
  }
  return {
    program,
    steps,
    configureSeconds: (configured - begun) / 1000,
    compileSeconds: (performance.now() - configured) / 1000,
    asked,
  };
}

/** Returns the digest of all but the libraries. */
async function configureOnce(
  { what, task, slot, plan, toolchain, parts, log }: CompileRequest,
  options: BuildOptions,
): Promise<string> {
  const environment = { ...toolchain.environment, ...plan.environment };
  const compiled = [toolchain.compiler, ...toolchainKey(toolchain)];
  // Where programs and homes lie does not change a build.
  const telling = Object.entries(environment).filter(([name]) => !['PATH', 'HOME', 'TMPDIR'].includes(name));
  const inputs = await configureInputs(slot.workTree, options);
  const settled = hashValue([
    plan.flags,
    plan.localFlags,
    plan.files,
    telling.toSorted(),
    compiled,
    inputs,
    partsKey(parts),
  ]);
  if (await isConfigured(slot, settled, toolchain.libraries)) return settled;
  const configure = join(slot.workTree, 'configure');
  if (!(await isThere(configure))) {
    throw sourceFault(`${what} has no configure script`, 'check that qemu.source is a checkout of QEMU');
  }
  // What a configure that was stopped half way leaves behind is not to be trusted.
  await rm(slot.buildFolder, { recursive: true, force: true });
  await mkdir(slot.buildFolder, { recursive: true });
  for (const [path, content] of Object.entries(plan.files)) {
    const place = join(slot.workTree, path);
    await mkdir(dirname(place), { recursive: true });
    await writeFileAtomically(place, content);
  }
  await asTask(options, `configuring ${task}`, async () => {
    const { signal } = options;
    const hint = 'check that configure may be executed';
    const watched = await watchPackages(slot.buildFolder, toolchain.libraries);
    const step = { folder: slot.buildFolder, environment: { ...environment, ...watched }, log, signal, hint };
    const end = await runStep('../configure', [...plan.flags, ...plan.localFlags], step);
    if (!end.ok) throw await configureError(what, end, log, slot);
    const asked = await askedIn(slot.buildFolder, toolchain.libraries);
    await writeFileAtomically(stampOf(slot), JSON.stringify({ settled, asked }));
    return '';
  });
  return settled;
}

const stampOf = ({ buildFolder }: Slot): string => join(buildFolder, '.bootgauge-configured');
const stampSchema = z.object({ settled: z.string(), asked: askedSchema });

async function isConfigured(slot: Slot, settled: string, libraries: Libraries): Promise<boolean> {
  if (!(await isThere(join(slot.buildFolder, 'build.ninja')))) return false;
  const stamp = parseOrNull(await readFile(stampOf(slot), 'utf8').catch(() => ''), stampSchema);
  return stamp?.settled === settled && libraries.digestOf(stamp.asked.packages) === stamp.asked.digest;
}

async function configureError(what: string, end: StepEnd, log: string, slot: Slot): Promise<Error> {
  const fault = await machineFault(what, end, log, slot);
  if (fault !== null) return fault;
  const { what: reason, hint } = configureFailure(end.output);
  return sourceFault(
    `configure failed for ${what} (${end.how}): ${reason}`,
    `${hint ? `${hint}\n` : ''}the whole output: ${log}`,
  );
}

async function runNinja(request: CompileRequest, options: BuildOptions): Promise<number> {
  const { what, slot, plan, toolchain, log } = request;
  const task = `building ${request.task}`;
  let done = 0;
  const onLine = (line: string): void => {
    const [, at, total] = /^\[(\d+)\/(\d+)\] /.exec(line) ?? [];
    if (at === undefined) return;
    done = Number(at);
    options.progress({ kind: 'task-advanced', task, done, total: Number(total), unit: 'items' });
  };
  const environment = { ...toolchain.environment, ...plan.environment, NINJA_STATUS: '[%f/%t] ' };
  const { signal } = options;
  const jobs = String(options.jobs ?? availableParallelism());
  const step = { folder: slot.buildFolder, environment, log, signal, onLine, hint: 'install ninja' };
  const targets = [plan.target, ...(await firmwareTargets(slot, plan.target))];
  await asTask(options, task, async () => {
    const end = await runStep(toolchain.ninja, ['-j', jobs, ...targets], step);
    if (!end.ok) throw await compileError(what, end, log, slot);
    return done === 0 ? 'nothing had changed' : formatCount(done, 'step');
  });
  return done;
}

async function compileError(what: string, end: StepEnd, log: string, slot: Slot): Promise<Error> {
  const fault = await machineFault(what, end, log, slot);
  if (fault !== null) return fault;
  const text = firstFailure(end.output);
  return sourceFault(`${what} does not compile (${end.how})${text ? `:\n${text}` : ''}`, `the whole output: ${log}`);
}

/** What is no fault of the source: another try may well build it. null: it is the source's, as far as the output tells. */
async function machineFault(what: string, { output, how }: StepEnd, log: string, slot: Slot): Promise<Error | null> {
  if (isFull(output)) return diskFull(slot.folder);
  // A shell that cannot write does not always say why, or anything.
  await throwIfFull(slot.folder);
  if (ranOutOfMemory.some((pattern) => pattern.test(output))) {
    return measurementError(
      `memory ran out while ${what} was compiled`,
      `close other programs; the whole output: ${log}`,
    );
  }
  if (!how.startsWith('SIG') && !/^ninja: build stopped: interrupted by user/m.test(output)) return null;
  return measurementError(`the build of ${what} was killed (${how})`, `try again; the whole output: ${log}`);
}

/** In the words of gcc, collect2, clang, GNU ld and ninja. Lines of source that are shown beside an error may hold such words, too. */
const ranOutOfMemory: readonly RegExp[] = [
  /Killed signal terminated program|internal compiler error: Killed|terminated with signal 9 \[Killed\]/,
  /unable to execute command: Killed|^LLVM ERROR: out of memory|^FAILED: \[code=137\]|^(?:\S*sh: .* )?Killed\b/m,
  /: (?:cannot allocate memory|virtual memory exhausted.*|memory exhausted|out of memory(?: allocating \d+ bytes.*)?)\r?$/im,
];

const isFull = (output: string): boolean => /no space left on device|disk quota exceeded/i.test(output);
