// What is told while work goes on. Rooms send events; the progress room decides how a person sees them.
import type { Outcome } from './boot.ts';
import type { Side } from './scenario.ts';

export type ProgressEvent =
  /** A piece of work began, was updated, or ended. */
  | { readonly kind: 'task-started'; readonly task: string }
  | {
      readonly kind: 'task-advanced';
      readonly task: string;
      readonly done: number;
      readonly total: number;
      readonly unit: 'bytes' | 'items';
    }
  | {
      readonly kind: 'task-ended';
      readonly task: string;
      readonly seconds: number;
      readonly detail: string;
      readonly failed?: true;
    }
  | { readonly kind: 'note'; readonly text: string }
  | {
      readonly kind: 'boot-started';
      readonly number: number;
      readonly of: number;
      readonly scenario: string;
      readonly side: Side;
      readonly warmup: boolean;
    }
  | { readonly kind: 'phase-entered'; readonly number: number; readonly phase: string; readonly atNs: number }
  | {
      readonly kind: 'boot-ended';
      readonly number: number;
      readonly outcome: Outcome;
      /** Until the main readiness; null: it never came. */
      readonly readyMs: number | null;
      /** Its metric. */
      readonly by: string;
    };

export type ProgressSink = (event: ProgressEvent) => void;
