// What a case expects, one line each, held against what the timeline and the diagnosis say of its boot.
//
//   finding ID, not ID      an error or a warning of this id, or no finding of it
//   none                    no error and no warning at all
//   any                     at least one of them
//   says RE                 cause, advice or evidence of one of them is like RE; `(?i)` before it: in any case
//   error RE                the same, of an error
//   cost MIN MAX            one of them costs so many seconds
//   live                    the live matcher says that the guest gave up
//   alive                   it does not
//   service NAME OUTCOME MIN MAX    NAME is a regular expression for the whole name; seconds
//   phase NAME MIN MAX
//   unfinished N            so many services at most are left unfinished
//   profile NAME            what is chosen where no marker profile is named
import { diagnose } from '../../src/diagnose/diagnose.ts';
import type { Finding } from '../../src/model/report.ts';
import type { Timeline } from '../../src/model/timeline.ts';
import { markerProfileOf } from '../../src/timeline/custom-markers.ts';
import { readLines } from '../../src/timeline/lines.ts';
import { createLiveMatcher } from '../../src/timeline/live.ts';
import { readTimeline } from '../../src/timeline/read-timeline.ts';
import type { Case } from './case-file.ts';

export interface Reading {
  readonly timeline: Timeline;
  /** Errors and warnings. */
  readonly findings: readonly Finding[];
  readonly gaveUp: boolean;
}

export function readBoot({ boot, markers, lastNs }: Case): Reading {
  const profile = markerProfileOf({ markers });
  const timeline = readTimeline({ boot, markers: profile });
  const findings = diagnose({ boot, timeline, lines: readLines(boot.console) });
  const { bytes, reads } = boot.console;
  const live = createLiveMatcher(profile, boot.profile);
  const events = reads.flatMap(({ offset, atNs }, index) =>
    live.feed(bytes.subarray(offset, reads[index + 1]?.offset ?? bytes.length), atNs),
  );
  events.push(...live.feed(new Uint8Array([10]), lastNs));
  return {
    timeline,
    findings: findings.filter(({ severity }) => severity !== 'note'),
    gaveUp: events.some((event) => event.kind === 'failed' && event.reason !== 'rebooted'),
  };
}

/** The expectations that do not hold. */
export function unmet(expectations: readonly string[], reading: Reading): string[] {
  return expectations.filter((line) => !holds(line, reading));
}

function holds(line: string, { timeline, findings, gaveUp }: Reading): boolean {
  const [word = '', ...words] = line.split(' ');
  const rest = words.join(' ');
  const last = (count: number): number[] => words.slice(-count).map(Number);
  const name = (unnamed: number): RegExp =>
    pattern(
      `^(?:${words
        .slice(0, -unnamed)
        .join(' ')
        .replace(/^\(\?i\)/, '')})$`,
      rest,
    );
  switch (word) {
    case 'finding':
      return findings.some(({ id }) => id === rest);
    case 'not':
      return findings.every(({ id }) => id !== rest);
    case 'none':
      return findings.length === 0;
    case 'any':
      return findings.length > 0;
    case 'says':
      return findings.some((finding) => pattern(rest).test(textOf(finding)));
    case 'error':
      return findings.some((finding) => finding.severity === 'error' && pattern(rest).test(textOf(finding)));
    case 'cost':
      return findings.some(({ costMs }) => costMs !== undefined && within(costMs / 1000, last(2)));
    case 'live':
      return gaveUp;
    case 'alive':
      return !gaveUp;
    case 'unfinished':
      return timeline.services.filter(({ outcome }) => outcome === 'unfinished').length <= Number(rest);
    case 'phase': {
      const phase = timeline.phases.find((one) => name(2).test(one.name));
      return phase !== undefined && within(phase.durationNs / 1e9, last(2));
    }
    case 'service':
      return timeline.services.some(
        (service) =>
          name(3).test(service.name) &&
          service.outcome === words.at(-3) &&
          within((service.endNs - service.startNs) / 1e9, last(2)),
      );
    default:
      throw new Error(`no expectation begins with ${word}`);
  }
}

const textOf = ({ cause, advice, evidence }: Finding): string => [cause, advice, ...evidence].join('\n');

const pattern = (text: string, flagged = text): RegExp =>
  new RegExp(text.replace(/^\(\?i\)/, ''), flagged.startsWith('(?i)') ? 'i' : '');

const within = (value: number, [least = 0, most = 0]: readonly number[]): boolean => value >= least && value <= most;
