// What this room asks of an operating system. The folders linux and macos answer it, each in its own way.
import type { HostFacts, HostState } from '../model/conditions.ts';
import type { Check } from './check.ts';
import type { HostView } from './view.ts';

export interface System {
  facts(host: HostView): Promise<HostFacts>;
  /** Physical cores of the fastest kind. */
  performanceCores(host: HostView): Promise<number>;
  state(host: HostView): Promise<SystemState>;
  power(host: HostView): Promise<PowerState>;
  /** Who uses the processors, over at most `windowMs`. */
  activity(host: HostView, windowMs: number): Promise<readonly ActiveProcess[]>;
  /** The table of processes, by one question to the system. */
  processes(host: HostView, options?: TableOptions): Promise<readonly ProcessEntry[]>;
  /** One entry of it; null when there is no such process. */
  process(host: HostView, pid: number): Promise<ProcessEntry | null>;
  /** What the threads of a process do at this moment; none when it has ended. */
  threads(host: HostView, pid: number): Promise<readonly ThreadEntry[]>;
  /** Their stacks, by a tool of the machine's that may stop the process while it looks. Never rejects. */
  stacks(host: HostView, pid: number, limitMs: number): Promise<ThreadStacks>;
  readonly usage: UsagePace;
  /** What doctor looks at on this system only. */
  checks(host: HostView): Promise<readonly Check[]>;
  /** How long a run waits for a quiet machine if nobody says; ms. */
  readonly quietWaitMs: number;
  /** Until the result is disposed of, neither display, disk nor system go to sleep. */
  stayAwake(host: HostView): Promise<AsyncDisposable>;
}

export interface SystemState {
  readonly loadAverage: number;
  /** 0: nobody says. */
  readonly freeMemoryMiB: number;
  /** null where nobody counts. */
  readonly processorMs: NonNullable<HostState['processorMs']> | null;
  /** Since the machine was started; null where it does not matter or nobody says. */
  readonly uptimeMinutes: number | null;
}

export interface PowerState {
  /** Phrases for people, each of which may be one of `slowPhrases`; empty when nothing is known. */
  readonly phrases: readonly string[];
  /** How often the processors were throttled since the machine started; null where nobody counts. */
  readonly throttleCount: number | null;
}

export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Process group. */
  readonly group: number;
  /** Session; on macOS, which does not show it, the process group. */
  readonly band: number;
  /** When it started, in the system's own words: tells two processes of one number apart. */
  readonly started: string;
  /** User and system time; in steps of 10 ms. */
  readonly cpuNs: number;
  /** Pages that it shares with others count. */
  readonly rssBytes: number;
  /** Name of the program without its folder; the whole command line when arguments were asked for. */
  readonly command: string;
  /** Its priority, where the system gives its programs bands of them (macOS); null elsewhere. */
  readonly priority: number | null;
  /** It has ended and only waits to be reaped. */
  readonly ended: boolean;
}

export interface ThreadEntry {
  /** 0 where the system tells of the process as a whole. */
  readonly id: number;
  readonly name: string;
  /** R runs, S sleeps, D waits for a device, T stopped, Z ended; empty when unknown. */
  readonly state: string;
  /** Function of the system's kernel in which it sleeps; empty when that is not told. */
  readonly waitsIn: string;
}

export interface ThreadStacks {
  /** Thread -> names of functions, innermost first. */
  readonly stacks: ReadonlyMap<number, readonly string[]>;
  /** Why there are none; empty otherwise. */
  readonly note: string;
}

export interface TableOptions {
  /**
   * What `command` holds. `environment`: arguments and environment, as far as the system shows them. The last two cost a question
   * per process.
   */
  readonly command?: 'none' | 'name' | 'arguments' | 'environment';
  /** Leaves out, where that saves work, what was there before this process. */
  readonly since?: number;
}

export interface ActiveProcess extends Pick<ProcessEntry, 'pid' | 'parent' | 'band'> {
  readonly name: string;
  /** Share of one CPU, a fraction. */
  readonly cpus: number;
}

export interface UsagePace {
  /** How often reading a family of processes is cheap enough. */
  readonly periodMs: number;
  /** A reading asks a program, which may be slow to answer: its figures are of some moment between question and answer. */
  readonly asksProgram: boolean;
  /** Of how many readings one searches all processes for new members; the others ask for the known ones alone. */
  readonly readsPerSearch: number;
}
