// What a machine can see: the decision rule played on its own recorded boots.

export interface PowerPoint {
  /** Slowdown, a fraction. */
  readonly effect: number;
  /** Share of the reports that call it slower. */
  readonly found: number;
}

export interface Detectable {
  readonly pairs: number;
  /** Smallest slowdown, a fraction, found with 95 % power; null: none up to the largest that was tried. */
  readonly effect: number | null;
  /** Mean pairs of a report when nothing changed, and when the slowdown is the limit. */
  readonly pairsUnchanged: number;
  readonly pairsAtLimit: number;
}

export interface Calibration {
  readonly scenario: string;
  readonly metrics: readonly { readonly name: string; readonly noise: number | null }[];
  /** Rounds that the reports were drawn from. */
  readonly rounds: number;
  readonly failures: number;
  readonly reports: number;
  /** Share of reports flagged although nothing changed, with its exact 95 % interval. */
  readonly falseAlarms: { readonly rate: number; readonly low: number; readonly high: number };
  /** At the scenario's own maximum of pairs. */
  readonly curve: readonly PowerPoint[];
  readonly detectable: readonly Detectable[];
  readonly limit: number;
  readonly recommended: { readonly maxBoots: number; readonly limit: number; readonly because: string };
}
