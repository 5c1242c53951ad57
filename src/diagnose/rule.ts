// What a rule of diagnosis is. Rules are data: where to look, for what, and what to tell.
import type { Finding } from '../model/report.ts';

export type Evidence =
  /** Each of these; shown in this order. */
  | { readonly all: readonly Evidence[] }
  /**
   * A line of the guest's console or of the emulator's standard error. `times`: so often at least (default once); then lines that the
   * pattern's first group tells apart are counted apart, and a line like `anew` begins all counts again.
   */
  | {
      readonly where: 'console' | 'stderr';
      readonly pattern: RegExp;
      readonly times?: number;
      readonly anew?: RegExp;
      /** Only lines behind the last one like this count: what was asked for came with it. */
      readonly after?: RegExp;
    }
  /** Kernels that began anew on this console: so many banners at least, a log that is merely printed again not counted. */
  | { readonly where: 'console'; readonly restarts: number }
  /** Lines of the guest's console whose first group has at least so many different texts. */
  | { readonly where: 'console'; readonly pattern: RegExp; readonly different: number }
  /**
   * A probe's answer, written `<probe> <outcome> <detail>`; what Vulkan's programs complained of in the guest, `vulkaninfo: <line>`; and
   * for a boot that failed by a probe `outcome failed <probe> <detail>`; for an emulator that ended early `outcome exited <code or signal>`.
   */
  | { readonly where: 'probes'; readonly pattern: RegExp }
  /** A phase or service that lasted at least so long, and at least this share of the boot: on a slow host everything is long. */
  | {
      readonly where: 'phases' | 'services';
      readonly name: string;
      readonly overMs: number;
      readonly overShare?: number;
    }
  /** A phase in which the emulator waited at least so long; never where its CPU use is unknown. */
  | { readonly where: 'phases'; readonly name: string; readonly idleOverMs: number }
  /** QEMU's own command line lacks this. */
  | { readonly where: 'command'; readonly lacks: RegExp }
  /** QEMU's own command line, its arguments joined by blanks. */
  | { readonly where: 'command'; readonly pattern: RegExp };

export type Cost =
  /** The whole of a phase or of a service; of all services that a pattern fits. */
  | { readonly of: 'phase' | 'service'; readonly name: string | RegExp }
  /** The time that the emulator waited in a phase; none where its CPU use is unknown. */
  | { readonly of: 'idle'; readonly name: string }
  /** Whole timeouts of so many ms that fit into a phase; only where a line of the evidence is like `when`. */
  | {
      readonly of: 'timeouts';
      readonly phase: string;
      readonly eachMs: number;
      readonly most: number;
      readonly when?: RegExp;
    }
  /** From the first line of evidence to the first line behind the last one that is unlike `still`; none where that never came. */
  | { readonly of: 'evidence'; readonly still: RegExp }
  /** From the first line of evidence to the last one. */
  | { readonly of: 'span' }
  /** As the guest itself says: the longest time in groups `min` and `s` of this pattern. */
  | { readonly of: 'told'; readonly read: RegExp }
  /** From a line's first to its last byte: the line announces the work and ends with it. */
  | { readonly of: 'lines' };

export interface Rule {
  readonly id: string;
  readonly severity: Finding['severity'];
  /** Any one of them is enough. */
  readonly evidence: readonly Evidence[];
  /** One sentence. */
  readonly cause: string;
  /** One thing to do. */
  readonly advice: string;
  /** Where this is known from. */
  readonly source: string;
  readonly cost?: Cost;
  /** Rules that, when they speak, say the same thing better. */
  readonly unless?: readonly string[];
}
