// Which accelerator really runs guests here. A /dev/kvm may open and create machines whose guests never execute anything, so
// an accelerator is believed only after a trial boot of a few instructions.
import { writeFile } from 'node:fs/promises';
import { arch, platform, release } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { runProgram, temporaryFolder } from '../host/processes.ts';
import { BootgaugeError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import { type Emulator, emulatorContent } from '../model/launch-plan.ts';
import { lastLine } from '../model/plain-text.ts';
import type { Accelerator, AcceleratorChoice, Gpu } from '../model/scenario.ts';
import { parseOrNull, type Stored } from '../model/stored.ts';
import { machineArguments, smallGranule } from './arguments.ts';
import { startClock } from './clock.ts';
import { trialPayload, trialWord } from './trial-payload.ts';

export interface TrialOptions {
  /** 3000 if not given; 20,000 on macOS, which examines a new program for seconds when it is first started. */
  readonly timeoutMs?: number;
  /** What QEMU shall show the guest on, as QEMU wants it, with a GL device for all but none; none if not given. */
  readonly display?: string;
  /** What is added to the accelerator's name, as QEMU wants it (`,key=value`). */
  readonly property?: string;
  /** Ends a trial that is under way; the reason is thrown. */
  readonly signal?: AbortSignal;
}

/** The accelerator or the GL device that was asked for does not run guests with this emulator. */
export class AcceleratorFault extends BootgaugeError {
  /** Of the emulator. */
  readonly content: string;

  constructor(message: string, hint: string, content: string) {
    super(message, { exitCode: 3, hint });
    this.content = content;
  }
}

const trialSchema = z.object({
  works: z.boolean(),
  /** One line for people: what happened. */
  detail: z.string(),
  /** It was given up. On a busy machine the next one may succeed. */
  timedOut: z.literal(true).exactOptional(),
});
export type Trial = Stored<typeof trialSchema>;

/** Boots a tiny payload. An accelerator that cannot be used is a value; an emulator that cannot be started throws. */
export async function trialAccelerator(
  emulator: Emulator,
  accelerator: Accelerator,
  architecture: Architecture,
  options: TrialOptions = {},
): Promise<Trial> {
  const timeoutMs = options.timeoutMs ?? (platform() === 'darwin' ? 20_000 : 3000);
  await using folder = await temporaryFolder('bootgauge-trial-');
  const payload = trialPayload(architecture);
  const file = join(folder.path, payload.fileName);
  await writeFile(file, payload.bytes);
  const clock = startClock();
  const run = await runProgram(
    emulator.program,
    [
      ...emulator.leadingArguments,
      ...['-nodefaults', '-no-user-config', ...displayArguments(options.display ?? 'none'), '-no-reboot'],
      ...machineArguments(architecture, accelerator, options.property),
      ...['-m', '64M', '-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
      ...[payload.option, file],
    ],
    {
      timeoutMs,
      environment: { ...emulator.environment, TMPDIR: folder.path },
      maximumBytes: 64 * 1024,
      enough: (output) => output.includes(trialWord),
      ...(options.signal && { signal: options.signal }),
    },
  );
  const milliseconds = Math.round(clock.now() / 1e6);
  if (run.stdout.includes(trialWord)) return { works: true, detail: `a trial guest ran in ${milliseconds} ms` };
  const why = run.timedOut
    ? `the trial guest executed nothing within ${timeoutMs / 1000} s`
    : lastLine(run.stderr) || `QEMU ended with code ${run.code} before the trial guest executed anything`;
  return { works: false, detail: why, ...(run.timedOut ? { timedOut: true } : {}) };
}

/** Answers of earlier trials, kept by the caller. */
export interface RememberedTrials {
  read(key: string): Promise<string | null>;
  write(key: string, value: string): Promise<void>;
}

export interface ChosenAccelerator {
  readonly accelerator: Accelerator;
  /** Why, for people. */
  readonly detail: string;
  /** Why `auto` did not take this machine's own accelerator; absent where it did, or there is none for this guest. */
  readonly fellBack?: string;
  /** Why the small granule cannot be used here, although QEMU knows it; absent where it can, or nobody wants it. */
  readonly granuleRefused?: string;
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly architecture: string;
}

export const thisMachine = (): Machine => ({ platform: platform(), architecture: arch() });

export interface ChooseOptions extends TrialOptions {
  readonly remembered?: RememberedTrials;
  /** Venus wants the small granule of HVF where the emulator can be told. */
  readonly gpu?: Gpu;
  /** This machine, if not the real one. */
  readonly host?: Machine;
}

/**
 * For `auto` the fastest accelerator that passes a trial boot, else TCG. A requested one must pass, or a measurementError says
 * what happened. A remembered failure is believed for `auto` only; a time-out is not remembered.
 */
export async function chooseAccelerator(
  choice: AcceleratorChoice,
  emulator: Emulator,
  architecture: Architecture,
  options: ChooseOptions = {},
): Promise<ChosenAccelerator> {
  if (choice === 'tcg') return { accelerator: 'tcg', detail: 'as requested' };
  const host = options.host ?? thisMachine();
  const accelerator = choice === 'auto' ? nativeAccelerator(host, architecture) : choice;
  if (accelerator === null) {
    return {
      accelerator: 'tcg',
      detail: `no hardware acceleration for ${architecture} guests on ${host.architecture}`,
    };
  }
  const key = `trial-${accelerator}-${architecture}-${emulator.digest.slice(0, 16)}-${release()}`;
  const trial = await remembering(
    key,
    options,
    ({ works }) => works || choice === 'auto',
    () => trialAccelerator(emulator, accelerator, architecture, options),
  );
  const settled = chosen(choice, accelerator, trial, emulator);
  const wantsGranule = options.gpu === 'venus' && emulator.hasIpaGranule === true;
  if (settled.accelerator !== 'hvf' || !wantsGranule) return settled;
  // An older macOS refuses the granule to a QEMU that knows it, and every boot would end at once. A refusal is asked again each time.
  const granule = await remembering(
    `${key}-granule`,
    options,
    ({ works }) => works,
    () => trialAccelerator(emulator, 'hvf', architecture, { ...options, property: smallGranule }),
  );
  return granule.works ? settled : { ...settled, granuleRefused: granule.detail };
}

/** The answer of an earlier trial that is believed, or of one now. */
export async function remembering(
  key: string,
  { remembered }: Pick<ChooseOptions, 'remembered'>,
  believed: (earlier: Trial) => boolean,
  ask: () => Promise<Trial>,
): Promise<Trial> {
  const earlier = parseOrNull((await remembered?.read(key)) ?? '', trialSchema);
  if (earlier !== null && believed(earlier)) return earlier;
  const trial = await ask();
  if (trial.timedOut !== true) await remembered?.write(key, JSON.stringify(trial));
  return trial;
}

function chosen(
  choice: AcceleratorChoice,
  accelerator: Accelerator,
  trial: Trial,
  emulator: Emulator,
): ChosenAccelerator {
  if (trial.works) return { accelerator, detail: trial.detail };
  if (choice === 'auto') {
    const fellBack = `${accelerator} does not work here: ${trial.detail}`;
    return { accelerator: 'tcg', detail: fellBack, fellBack };
  }
  throw new AcceleratorFault(
    `${accelerator} does not work on this machine: ${trial.detail} (tried with ${emulator.version})`,
    'use accel: auto or accel: tcg, or see what bootgauge doctor says',
    emulatorContent(emulator),
  );
}

/** The only one besides TCG that can run such guests on such a machine. */
export function nativeAccelerator(host: Machine, architecture: Architecture): Accelerator | null {
  const same = (host.architecture === 'x64' ? 'x86_64' : host.architecture) === architecture;
  if (!same) return null;
  if (host.platform === 'darwin') return 'hvf';
  return host.platform === 'linux' ? 'kvm' : null;
}

function displayArguments(display: string): string[] {
  if (display === 'none') return ['-display', 'none'];
  return ['-display', display, '-device', 'virtio-gpu-gl-pci'];
}
