// What a launcher gives to its QEMU -> what QEMU gets: what measuring needs is added, and what was asked for is changed. Pure.
import { usageError } from '../model/errors.ts';
import type { Architecture } from '../model/guests/guest-kind.ts';
import type { LauncherChanges } from '../model/guests/rewrite.ts';
import { changedCommandLine, missingWords } from '../model/kernel-words.ts';
import type { Accelerator } from '../model/scenario.ts';
import { cpuFor, optionValue } from './arguments.ts';
import { isQuestion, lastValue, type Option, readCommandLine, replaced } from './command-line.ts';

export interface RewriteRequest {
  readonly architecture: Architecture;
  readonly changes: LauncherChanges;
  /** Changes of the kernel's command line for boots that explain; left out where there is no kernel to tell. */
  readonly explain: string;
  /** How a GPU of this kind is shown here. */
  readonly graphics: readonly string[];
  /** Unix socket on which a QMP client waits; null: none. */
  readonly qmp: string | null;
}

export interface Rewritten {
  readonly words: readonly string[];
  /** Each in a few words for people: `-smp 4 is -smp 2`. */
  readonly changes: readonly string[];
  /** The accelerator that it names; null: it names none. */
  readonly accelerator: Accelerator | null;
  /** It is only asked about itself: nothing was changed. */
  readonly isQuestion: boolean;
}

/** Throws a usageError when there is nothing that a change could be made to. */
export function rewriteArguments(words: readonly string[], request: RewriteRequest): Rewritten {
  const before = readCommandLine(words);
  if (isQuestion(before)) return { words, changes: [], accelerator: null, isQuestion: true };
  const { changes } = request;
  const kernelKeys = (['append', 'kernel', 'initrd'] as const).filter((key) => changes[key] !== undefined);
  if (kernelKeys.length > 0 && lastValue(before, 'kernel') === null) {
    throw usageError(
      `the launcher gives QEMU no -kernel, so ${kernelKeys.join(' and ')} cannot be changed`,
      'its firmware loads the kernel from the disk; take these keys out of rewrite, or out of the study',
    );
  }
  const after = steps.reduce((options, step) => step(options, request), before);
  return {
    words: after.flatMap((option) => option.words),
    changes: [...differences(before, after), ...unmet(before, changes)],
    accelerator: acceleratorOf(after),
    isQuestion: false,
  };
}

type Step = (options: readonly Option[], request: RewriteRequest) => readonly Option[];

const steps: readonly Step[] = [
  // What left for the background could not be watched, and its console neither.
  (options) => replaced(options, ['daemonize'], []),
  withAccelerator,
  (options, { changes: { cpus } }) => (cpus === undefined ? options : replaced(options, ['smp'], ['-smp', `${cpus}`])),
  (options, { changes: { memoryMiB } }) =>
    memoryMiB === undefined ? options : replaced(options, ['m'], ['-m', `${memoryMiB}M`]),
  (options, { changes: { kernel } }) =>
    kernel === undefined ? options : replaced(options, ['kernel'], ['-kernel', kernel]),
  (options, { changes: { initrd } }) =>
    initrd === undefined ? options : replaced(options, ['initrd'], ['-initrd', initrd]),
  withAppend,
  withGraphics,
  (options) =>
    options.some(({ name }) => name === 'no-reboot') ? options : [...options, ...readCommandLine(['-no-reboot'])],
  (options, { qmp }) =>
    qmp === null
      ? options
      : [
          ...options,
          ...readCommandLine([
            '-chardev',
            `socket,id=${qmpName},path=${optionValue(qmp)}`,
            '-mon',
            `chardev=${qmpName},mode=control`,
          ]),
        ],
  (options, { changes: { qemuArguments = [] } }) => [...options, ...readCommandLine(qemuArguments)],
];

const qmpName = 'bootgauge-qmp';

function withAccelerator(options: readonly Option[], { architecture, changes: { accel } }: RewriteRequest) {
  if (accel === undefined) return options;
  const machines = options.map((option) => (isMachine(option) ? withoutAccel(option) : option));
  const names = ['accel', 'enable-kvm', 'no-kvm', 'enable-hax'];
  const [only, ...others] = options.filter((option) => names.includes(option.name) || isMachineWithAccel(option));
  // It may have properties.
  const isChosen = only?.name === 'accel' && only.value?.split(',', 1)[0] === accel && others.length === 0;
  const chosen = isChosen ? options : replaced(machines, names, ['-accel', accel]);
  const model = lastValue(chosen, 'cpu')?.split(',', 1)[0];
  const fits = accel === 'tcg' ? model !== undefined && model !== 'host' : model === 'host';
  return fits ? chosen : replaced(chosen, ['cpu'], ['-cpu', cpuFor(architecture, accel)]);
}

const isMachine = ({ name }: Option): boolean => name === 'M' || name === 'machine';

const isMachineWithAccel = (option: Option): boolean => isMachine(option) && /(?:^|,)accel=/.test(option.value ?? '');

function withoutAccel({ name, value, words }: Option): Option {
  const kept = (value ?? '').split(',').filter((part) => !part.startsWith('accel='));
  return { name, value: kept.join(','), words: [words[0] as string, kept.join(',')] };
}

function acceleratorOf(options: readonly Option[]): Accelerator | null {
  const named = [
    lastValue(options, 'accel'),
    ...options.filter(isMachine).map(({ value }) => /accel=(.*)/.exec(value ?? '')?.[1]),
  ];
  const [, accelerator] =
    named.map((text) => /^(hvf|kvm|tcg)\b/.exec(text ?? '')).find((match) => match !== null) ?? [];
  return (accelerator as Accelerator | undefined) ?? null;
}

function withAppend(options: readonly Option[], { changes: { append = '' }, explain }: RewriteRequest) {
  const change = `${explain} ${append}`.trim();
  if (change === '' || lastValue(options, 'kernel') === null) return options;
  const line = changedCommandLine(lastValue(options, 'append') ?? '', change);
  return replaced(options, ['append'], ['-append', line]);
}

const display = /^(?:virtio-(?:gpu|vga)|VGA|secondary-vga|ramfb|bochs-display|qxl|cirrus-vga|ati-vga|vmware-svga)/i;

function withGraphics(options: readonly Option[], { changes: { gpu }, graphics }: RewriteRequest): readonly Option[] {
  if (gpu === undefined) return options;
  const others = options.filter(({ name, value }) => !(name === 'device' && display.test(value ?? '')));
  return [...replaced(others, ['display', 'vga'], []), ...readCommandLine(graphics)];
}

/** Which options stand there otherwise than before. Those of our own QMP socket are one, and their path is nobody's concern. */
function differences(before: readonly Option[], after: readonly Option[]): readonly string[] {
  const text = ({ words }: Option): string => words.join(' ');
  const [was, is] = [before.map(text), after.map(text)];
  const gone = before.filter((option) => !is.includes(text(option)));
  const come = after.filter((option) => !was.includes(text(option)) && !text(option).includes(qmpName));
  const names = [...new Set([...gone, ...come].map(({ name }) => (name === 'machine' ? 'M' : name)))];
  const ofName = (options: readonly Option[], wanted: string): string =>
    options
      .filter(({ name }) => name === wanted || (wanted === 'M' && name === 'machine'))
      .map(text)
      .join(' ');
  const changes = names.map((name) => {
    const [old, now] = [ofName(gone, name), ofName(come, name)];
    if (old === '') return `${now} is added`;
    return now === '' ? `${old} is left out` : `${old} is now ${now}`;
  });
  return after.some((option) => text(option).includes(qmpName)) ? [...changes, 'a QMP socket is added'] : changes;
}

function unmet(before: readonly Option[], { append }: LauncherChanges): readonly string[] {
  const missing = append === undefined ? [] : missingWords(lastValue(before, 'append') ?? '', append);
  return missing.map((word) => `there was no ${word} to take away from -append`);
}
