// What the guest answered, as lines that rules can search: probes, what Vulkan's programs complained of, how the boot failed.
import type { Boot } from '../model/boot.ts';
import { plainLine } from '../model/plain-text.ts';
import type { Finding } from '../model/report.ts';
import type { SerialLine } from '../model/timeline.ts';

/** A line with the time it took to come; 0 where that is not known. */
export interface Hit {
  readonly text: string;
  readonly startNs: number;
  readonly endNs: number;
}

export const longestSearched = 1_000;

export function guestAnswers({ probes, vulkan, outcome }: Boot): Hit[] {
  const unstamped = (text: string): Hit => ({ text: text.slice(0, longestSearched), startNs: 0, endNs: 0 });
  const asked = probes.map((event) => ({
    text: `${event.probe} ${event.outcome} ${event.detail}`.slice(0, longestSearched),
    startNs: event.startedNs,
    endNs: event.atNs,
  }));
  const complaints =
    vulkan === undefined || vulkan.outcome === 'ok'
      ? [
          ...(vulkan?.dispatch?.stderr ?? '').split('\n').map((line) => `dispatch: ${line}`),
          ...(vulkan?.drawings ?? [])
            .filter((drawing) => drawing.outcome !== 'ok')
            .flatMap(({ name, stderr }) => stderr.split('\n').map((line) => `${name}: ${line}`)),
        ]
      : vulkan.stderr.split('\n').map((line) => `vulkaninfo: ${line}`);
  const said = complaints.filter((line) => !line.endsWith(': ')).map(unstamped);
  const wasAsked = outcome.kind !== 'failed' || outcome.probe !== 'drm';
  const unpinned = vulkan !== undefined && vulkan.outcome !== 'ok' && vulkan.required !== null && vulkan.icd === '';
  return [
    ...asked,
    ...said,
    ...(unpinned && wasAsked ? [unstamped('vulkan without a Venus driver file')] : []),
    ...(outcome.kind === 'exited' ? [unstamped(`outcome exited ${outcome.signal ?? outcome.code}`)] : []),
    ...(outcome.kind === 'failed' ? [unstamped(`outcome failed ${outcome.probe} ${outcome.detail}`)] : []),
  ];
}

/** For a boot whose graphics failed in a way that no rule knows: the last words of all who may know. Else nothing. */
export function unknownGraphics(boot: Boot, lines: readonly SerialLine[], known: readonly Finding[]): Finding[] {
  const { outcome, vulkan, stderr } = boot;
  if (outcome.kind !== 'failed' || !/^(?:vulkan|dispatch|drm)$/.test(outcome.probe)) return [];
  if (known.some(({ severity }) => severity === 'error')) return [];
  const guest = `${vulkan?.stderr ?? ''}\n${vulkan?.dispatch?.stderr ?? ''}`;
  return [
    {
      id: 'graphics-unknown',
      severity: 'error',
      cause: `Graphics did not get ready (${plainLine(outcome.probe, 20)}), for a reason that is not known here.`,
      advice:
        'Read the last lines of the guest console, of the emulator and of vulkaninfo; the whole of them is in the run.',
      evidence: [
        ...lastWords(
          'console',
          lines.slice(-20).map(({ text }) => text),
        ),
        ...lastWords('emulator', stderr.split('\n')),
        ...lastWords('vulkaninfo', guest.split('\n')),
      ],
      boots: [boot.number],
    },
  ];
}

/** One line of evidence for each of them, so that none crowds out the others. */
function lastWords(who: string, lines: readonly string[]): string[] {
  const last = lines.map((line) => plainLine(line, 160)).filter((line) => line !== '');
  return [`${who}: ${last.slice(-mostWords).join(' / ') || 'said nothing'}`];
}

const mostWords = 3;
