// Whether the guest draws: a program is brought along that draws pictures with Vulkan, out of sight, each in a process of its own with a
// deadline of its own. The one that is wrong, fails or hangs is named, and the next ones are drawn all the same.
import { lastLine, printable } from '../model/plain-text.ts';
import { type DrawingFacts, type DrawingOutcome, requiredDriver } from '../model/vulkan.ts';
import { median } from '../stats/quantiles.ts';
import { programs } from './draw/programs.ts';
import { type Drawing, drawings, pictureSide, wrongPixels } from './drawings.ts';
import { programText, runVulkanProgram } from './guest-shell.ts';
import { pngOf } from './png.ts';
import {
  type AskedGuest,
  type CommandResult,
  connectionLost,
  endOfWork,
  type FailedProbe,
  gating,
  informing,
  type Probe,
  passed,
} from './probe.ts';

const firstFrame = 'time-to-first-frame';
const frameTime = 'frame-time';
const slowestFrames = 'frame-time-p99';
const uploadTime = 'upload-time';

/** A guest that hangs once does so again: what comes then gets less time, so that all are tried within a boot's deadline. */
const usualSeconds = 20;
const secondsAfterHang = 8;
/** By then the guest has ended what hangs, unless its kernel hangs with it. */
const graceMs = 5000;
/** The end of an emulator is seen within half a second, and its connections end before it. */
const endSeenMs = 1000;

export const draw: Probe = {
  name: 'draw',
  metrics: [
    {
      name: firstFrame,
      unit: 'ms',
      meaning: 'spawn to the end of the first picture that was drawn and read back as it must be',
      rule: gating,
      mark: 'first-frame',
    },
    {
      name: frameTime,
      unit: 'ms',
      meaning: 'from the recording of a small frame to its fence: the median of a hundred in one boot',
      rule: { ...gating, limit: 0.25, floor: 0.5 },
    },
    {
      name: slowestFrames,
      unit: 'ms',
      meaning: 'the same at the 99th percentile: the second longest of the hundred',
      rule: { ...informing, limit: 0.25, floor: 2 },
    },
    {
      name: uploadTime,
      unit: 'ms',
      meaning: 'to write 64 MiB into mapped memory and have the GPU swap its halves',
      rule: { ...gating, limit: 0.25, floor: 10 },
    },
  ],
  asked: ({ machine }, scenario) => scenario.draw === true && requiredDriver(machine.gpu) !== null,
  takesLong: true,
  run: drawAll,
  measure(boot, metric) {
    if (metric === firstFrame) return endOfWork(passed(boot, firstFrame), passed(boot, firstFrame));
    const told = boot.vulkan?.drawings?.map(({ measured }) => measured[metric]).find((value) => value !== undefined);
    return { value: told ?? null, resolution: 0 };
  },
};

/** Events: `drawing:<name>` of each, and `time-to-first-frame` of the first one. */
async function drawAll(guest: AskedGuest): Promise<FailedProbe | null> {
  const text = await programText(programs[guest.architecture]);
  const drawn: DrawingFacts[] = [];
  for (const drawing of drawings) {
    const hung = drawn.some(({ outcome }) => outcome === 'timeout');
    const seconds = hung ? secondsAfterHang : usualSeconds;
    const command = runVulkanProgram(guest.architecture, requiredDriver(guest.gpu), `${drawing.name} ${seconds}`);
    const begunNs = guest.nowNs();
    const keep = (facts: DrawingFacts, { startedNs, endedNs }: Pick<CommandResult, 'startedNs' | 'endedNs'>): void => {
      const { outcome, detail } = facts;
      const event = { atNs: endedNs, outcome, detail, startedNs };
      if (drawn.length === 0) guest.onEvent({ ...event, probe: firstFrame });
      guest.onEvent({ ...event, probe: `drawing:${drawing.name}` });
      drawn.push(facts);
      if (guest.facts.vulkan !== null) guest.facts.vulkan = { ...guest.facts.vulkan, drawings: [...drawn] };
    };
    guest.facts.underWay = {
      ...{ probe: 'draw', events: [], part: `the drawing ${drawing.name}` },
      cutOff(detail, outcome) {
        if (drawn.at(-1)?.name !== drawing.name)
          keep(cutShort(drawing, outcome, detail), { startedNs: begunNs, endedNs: guest.nowNs() });
        return failedDrawings(drawn) as FailedProbe;
      },
    };
    const result = await guest.session.run(command, { timeoutMs: seconds * 1000 + graceMs, stdin: text });
    // Where the emulator has ended, that is what happened, and not a guest that is silent.
    if (result.exitCode === connectionLost) await guest.pause(endSeenMs);
    const facts = await judgeDrawing(drawing, result, seconds);
    if (guest.signal.aborted) return null;
    keep(facts, result);
    const { outcome } = facts;
    // Nobody is there to ask again, or nothing to draw with.
    if (result.exitCode === connectionLost || outcome === 'missing') break;
    // Not even its own alarm ended the program: it may be the whole guest that hangs.
    if (result.timedOut && (await guest.session.run('true', { timeoutMs: graceMs })).exitCode !== 0) break;
  }
  return failedDrawings(drawn);
}

/** What hangs comes first: it decides whether the guest is examined. */
function failedDrawings(drawn: readonly DrawingFacts[]): FailedProbe | null {
  const bad = drawn.filter(({ outcome }) => outcome !== 'ok');
  const [first, ...others] = [...bad.filter(hangs), ...bad.filter((one) => !hangs(one))];
  if (first === undefined) return null;
  const more = others.map(({ name, outcome }) => `; ${name}: ${outcome}`).join('');
  return { probe: 'draw', detail: `${first.outcome}: ${first.name}: ${first.detail}${more}` };
}

const cutShort = ({ name }: Drawing, outcome: DrawingOutcome, detail: string): DrawingFacts => ({
  ...{ name, outcome, detail },
  ...{ picture: '', measured: {}, stderr: '' },
});

const hangs = ({ outcome }: DrawingFacts): boolean => outcome === 'timeout';

/** What one run of the program says. */
export async function judgeDrawing(drawing: Drawing, result: CommandResult, seconds: number): Promise<DrawingFacts> {
  const { stdout, stderr, exitCode } = result;
  const lines = stdout.split('\n').map((line) => line.trim());
  const pixels = pixelsIn(lines);
  const picture = pixels.length === 0 ? '' : await pngOf(pixels, pictureSide);
  const measured = measuredIn(lines);
  const facts = (outcome: DrawingOutcome, detail: string): DrawingFacts => ({
    ...{ name: drawing.name, outcome, detail: printable(detail), picture },
    measured: outcome === 'ok' ? measured : {},
    stderr: stderr.slice(-2048),
  });
  const last = (pattern: RegExp): string => pattern.exec(lines.findLast((line) => pattern.test(line)) ?? '')?.[1] ?? '';
  const step = last(/^\d{1,20} ([\w-]{1,60})$/) || 'the start';
  if (result.timedOut || exitCode === endedByAlarm) return facts('timeout', `no end of ${step} within ${seconds} s`);
  if (exitCode === connectionLost) return facts('timeout', `the guest no longer answers, after ${step}`);
  if (exitCode === 127 || exitCode === 126 || exitCode === 125) return facts('missing', lastLine(stderr));
  const failure = last(/^failed (.{1,200})$/);
  if (failure !== '') return facts('failed', failure);
  if (exitCode !== 0 || pixels.length === 0)
    return facts('failed', `${step} ended with exit status ${exitCode}; ${lastLine(stderr)}`);
  const wrong = wrongPixels(drawing, pixels);
  if (wrong !== '') return facts('wrong', wrong);
  const untold = (drawing.measures ?? []).filter((metric) => measured[metric] === undefined);
  return untold.length === 0 ? facts('ok', '') : facts('failed', `it did not tell its ${untold.join(', ')}`);
}

/** What a shell says of SIGALRM. */
const endedByAlarm = 128 + 14;

/** Three bytes a pixel; empty unless every row is there and whole. */
function pixelsIn(lines: readonly string[]): Uint8Array {
  const rows = lines.flatMap((line) => /^row ([A-Za-z0-9+/]{320})$/.exec(line)?.[1] ?? []);
  if (rows.length !== pictureSide) return new Uint8Array();
  return Uint8Array.from(atob(rows.join('')), (character) => character.charCodeAt(0));
}

/** Of nothing less than a microsecond; a hundred frames or none. */
function measuredIn(lines: readonly string[]): Record<string, number> {
  const frames = lines
    .flatMap((line) => /^frames((?: [1-9]\d{0,8}){1,100})$/.exec(line)?.[1]?.trim().split(' ') ?? [])
    .map((us) => Number(us) / 1000)
    .toSorted((one, other) => one - other);
  const swapped = lines.map((line) => /^swapped 64 ([1-9]\d{0,8})$/.exec(line)?.[1]).find((us) => us !== undefined);
  return {
    ...(frames.length === 100 ? { [frameTime]: median(frames), [slowestFrames]: frames.at(-2) ?? Number.NaN } : {}),
    ...(swapped === undefined ? {} : { [uploadTime]: Number(swapped) / 1000 }),
  };
}
