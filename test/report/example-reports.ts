// Realistic reports of every verdict word, and one whose every text is hostile: what exporters are tested with.
import type { Outcome } from '../../src/model/boot.ts';
import type { Comparison, Summary, Verdict, Warning, Word } from '../../src/model/comparison.ts';
import type { Unit } from '../../src/model/metric.ts';
import type { BootRow, ChangeLocation, PhaseRow, Report, ScenarioReport } from '../../src/model/report.ts';
import type { Scenario, Side, SideSpec } from '../../src/model/scenario.ts';
import { basePhases, conditions, findings, hostState, timeline } from './example-parts.ts';

/** Text that tries to leave every format it may stand in. */
export const hostileText =
  '</title><script>alert(1)</script> | `rm -rf` @octocat #1 [x](https://evil.example/) \u001b[31mred\u001b]0;t\u0007 ::set-output name=a::b ##[error] \u202e\u0000\r\n<!-- --> </details> &amp; "q" $x^2$ ]]>';

const metrics: readonly { name: string; unit: Unit; value: number; gate: boolean; floor: number }[] = [
  { name: 'time-to-ssh', unit: 'ms', value: 2412.4, gate: true, floor: 50 },
  { name: 'time-to-login', unit: 'ms', value: 2871, gate: true, floor: 50 },
  { name: 'cpu-time', unit: 'ms', value: 3120, gate: true, floor: 50 },
  { name: 'peak-rss', unit: 'MiB', value: 412.3, gate: false, floor: 16 },
];

const warning: Warning = { code: 'drift', text: 'time-to-ssh drifts 3 % over the session' };

type Name = 'recorded' | 'same' | 'slower' | 'faster' | 'undecided' | 'failed' | 'incomparable' | 'hostile' | 'two';

export const exampleReports: Readonly<Record<Name, Report>> = {
  recorded: report([scenarioReport({ word: 'recorded', factor: 1, paired: 'stored', sessions: 0 })]),
  same: report([scenarioReport({ word: 'same', factor: 1.004, paired: 'stored', sessions: 5 })]),
  slower: report([scenarioReport({ word: 'slower', factor: 1.11, paired: 'paired', sessions: 0 })]),
  faster: report([scenarioReport({ word: 'faster', factor: 0.84, paired: 'paired', sessions: 0 })]),
  undecided: report([scenarioReport({ word: 'undecided', factor: 1.032, paired: 'stored', sessions: 2 })]),
  failed: report([failing()]),
  incomparable: report([scenarioReport({ word: 'incomparable', factor: 1, paired: 'stored', sessions: 3 })]),
  hostile: report([hostile()]),
  two: report([
    scenarioReport({ word: 'same', factor: 1.004, paired: 'stored', sessions: 5 }),
    scenarioReport({ word: 'slower', factor: 1.11, paired: 'paired', sessions: 0, id: 'openssh-2cpu' }),
  ]),
};

interface Wanted {
  readonly word: Verdict['word'];
  readonly factor: number;
  readonly paired: 'paired' | 'stored';
  readonly sessions: number;
  readonly id?: string;
}

function report(scenarios: readonly ScenarioReport[]): Report {
  return {
    schema: 1,
    run: '2026-11-22T20-14-03-k3f9',
    startedAt: '2026-11-22T20:14:03Z',
    tool: '0.1.0',
    commit: 'abc1234def5678900000',
    finished: true,
    onUndecided: 'pass',
    verdict: (scenarios.find((entry) => entry.verdict.word !== 'same') ?? (scenarios[0] as ScenarioReport)).verdict,
    scenarios,
  };
}

function scenarioReport(wanted: Wanted): ScenarioReport {
  const phases = phaseRows(wanted);
  const services: readonly PhaseRow[] = phases
    .filter((row) => ['mdev', 'hwdrivers', 'networking', 'sshd'].includes(row.name))
    .map((row) => ({ ...row, name: row.name === 'mdev' ? 'Scanning hardware for mdev' : `Starting ${row.name}` }));
  const judged = wanted.word !== 'recorded';
  const boots = bootRows(wanted, judged && wanted.paired === 'paired' ? ['base', 'head'] : ['head']);
  return {
    scenario: scenario(wanted),
    conditions: { head: conditions(), base: wanted.paired === 'paired' ? conditions() : null },
    hostState: { before: hostState(0.42), after: hostState(1.07) },
    verdict: verdict(wanted),
    summaries: {
      head: metrics.map(({ name, unit, value }) => summary(name, unit, value * wanted.factor)),
      base: judged ? metrics.map(({ name, unit, value }) => summary(name, unit, value)) : [],
    },
    comparisons: judged && wanted.word !== 'incomparable' ? comparisons(wanted) : [],
    phases,
    services,
    where: where(wanted),
    boots,
    typical: [
      ...(judged && wanted.paired === 'paired' ? [{ side: 'base' as const, number: 4, timeline: timeline(1) }] : []),
      { side: 'head', number: 5, timeline: timeline(wanted.factor) },
    ],
    findings: findings(),
    warnings: wanted.word === 'undecided' ? [warning] : [],
    baseline: {
      path: 'baselines/apple-m2-pro-macos-15-hvf/default.jsonl',
      sessions: wanted.sessions,
      lastCommit: wanted.sessions === 0 ? '' : 'def4567abc1234500000',
    },
  };
}

function summary(metric: string, unit: Unit, median: number): Summary {
  const interval = { low: median * 0.986, high: median * 1.013 };
  return { metric, unit, count: 12, failures: 0, median, interval, noise: 0.031, resolution: unit === 'ms' ? 20 : 1 };
}

function comparisons(wanted: Wanted): readonly Comparison[] {
  return metrics.map(({ name, unit, value, gate, floor }, index) => {
    const changed = index < 2;
    const ratio = changed ? wanted.factor : 1.002;
    return {
      metric: name,
      unit,
      gate,
      mode: wanted.paired,
      base: summary(name, unit, value),
      head: summary(name, unit, value * ratio),
      ratio,
      interval: { low: ratio - 0.03, high: ratio + 0.031 },
      limit: 0.05,
      floor,
      word: changed ? (wanted.word as Word) : 'same',
      because: verdict(wanted).because,
      wouldDecide: '',
      warnings: [],
    };
  });
}

function verdict(wanted: Wanted): Verdict {
  const because: Record<Verdict['word'], string> = {
    recorded: 'There is no baseline for this machine and scenario yet.',
    same: 'A slowdown of 5 % is excluded for every gating metric.',
    slower:
      'time-to-ssh is slower: the interval of head / base lies above 1, and 265 ms is more than the floor of 50 ms.',
    faster: 'time-to-ssh is faster: the interval of head / base lies below 1.',
    undecided: 'time-to-ssh: the interval [+0.2, +6.3] % holds both no change and the limit of 5 %.',
    failed: '3 of 12 head boots failed, none of 12 base boots did.',
    incomparable: 'The guest digest differs from the baseline (1a2b3c4d against 5e6f7a8b).',
  };
  const wouldDecide = wanted.word === 'undecided' ? '7 more boots would settle a limit of 5 %.' : '';
  const rule = wanted.word === 'failed' ? 'boot-failures' : 'interval';
  return { word: wanted.word, rule, because: because[wanted.word], wouldDecide };
}

function where(wanted: Wanted): ChangeLocation | null {
  if (wanted.word !== 'slower' && wanted.word !== 'faster') return null;
  const differenceMs = 2412.4 * (wanted.factor - 1);
  return { differenceMs, phases: [{ name: 'mdev', differenceMs: differenceMs * 0.91 }] };
}

function phaseRows(wanted: Wanted): readonly PhaseRow[] {
  const judged = wanted.word !== 'recorded' && wanted.word !== 'incomparable';
  const change = 2412.4 * (wanted.factor - 1);
  return basePhases.map(([name, length]) => {
    const differenceMs = name === 'mdev' ? change * 0.91 : name === 'before-openrc' ? change * 0.09 : 0;
    return {
      name,
      base: judged ? summary(`phase:${name}`, 'ms', length) : null,
      head: summary(`phase:${name}`, 'ms', length + differenceMs),
      differenceMs: judged ? differenceMs : null,
    };
  });
}

function bootRows(wanted: Wanted, sides: readonly Side[]): readonly BootRow[] {
  const measured = Array.from({ length: 12 * sides.length }, (_, index): BootRow => {
    const side = sides[index % sides.length] as Side;
    const round = Math.floor(index / sides.length) + 1;
    const wobble = 1 + 0.03 * Math.sin(index * 2.3);
    const factor = (side === 'head' ? wanted.factor : 1) * wobble;
    return bootRow(index + 2, side, round, factor, { kind: 'ready' });
  });
  return [{ ...bootRow(1, 'head', 0, 1.2, { kind: 'ready' }), warmup: true }, ...measured];
}

function bootRow(number: number, side: Side, round: number, factor: number, outcome: Outcome): BootRow {
  const ready = outcome.kind === 'ready';
  const values = Object.fromEntries(metrics.map(({ name, value }) => [name, ready ? value * factor : null]));
  const outcomeText = ready ? 'ready' : 'hung in mdev: no sign of life for 60 s';
  return { number, side, round, warmup: false, outcome, outcomeText, values };
}

function failing(): ScenarioReport {
  const usual = scenarioReport({ word: 'failed', factor: 1.01, paired: 'paired', sessions: 0 });
  const boots = usual.boots.map((boot) =>
    [7, 13, 19].includes(boot.number)
      ? {
          ...bootRow(boot.number, 'head', boot.round, 1, { kind: 'hung', phase: 'mdev', deadlineMs: 60_000 }),
          lastLines: [' * Mounting /proc ... [ ok ]', ' * Scanning hardware for mdev ...'],
        }
      : boot,
  );
  return { ...usual, boots };
}

/** A timeline of the example's phases; `factor` stretches mdev and before-openrc as the phase rows say. */
function scenario(wanted: Wanted): Scenario {
  const side: SideSpec = {
    guest: { kind: 'reference', architecture: 'arm64', sshd: 'dropbear', pages: '4k' },
    machine: { accel: 'auto', cpus: 2, memoryMiB: 1024, gpu: 'none', append: '', qemuArguments: [] },
    qemu: { from: 'kit' },
  };
  return {
    id: wanted.id ?? 'default',
    description: 'The reference guest with dropbear',
    profile: 'timing',
    markers: 'alpine',
    head: side,
    base: wanted.paired === 'paired' ? side : null,
    probes: [],
    deadlines: { totalMs: 120_000, phasesMs: {} },
    metrics: Object.fromEntries(
      metrics.map(({ name, gate, floor }) => [name, { gate, floor, tolerate: 0, limit: 0.05, max: null }]),
    ),
    sampling: { warmup: 1, boots: 12, maxBoots: 24, timeBudgetMs: 600_000 },
  };
}

/** The slower report with every string that a stranger can choose replaced by hostile text. */
function hostile(): ScenarioReport {
  const usual = scenarioReport({ word: 'slower', factor: 1.11, paired: 'paired', sessions: 0 });
  const chosen = new Set([
    'mdev',
    'networking',
    'sshd',
    'time-to-login',
    'peak-rss',
    'guest-started',
    'swap-page-size',
  ]);
  const keys = new Set([
    'name',
    'because',
    'cause',
    'advice',
    'chip',
    'version',
    'append',
    'runner',
    'outcomeText',
    'path',
  ]);
  const replaced = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') {
      return chosen.has(value) || keys.has(key) || value.startsWith('swapon') ? hostileText : value;
    }
    if (Array.isArray(value)) return value.map((entry) => replaced(entry, key));
    if (value === null || typeof value !== 'object') return value;
    // The keys of a guest are ours, `sshd` among them.
    const isOurs = 'kind' in value;
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => [
        chosen.has(name) && !isOurs ? hostileText : name,
        replaced(entry, name),
      ]),
    );
  };
  const warnings = [{ code: 'hostile', text: hostileText }];
  return { ...(replaced(usual, '') as ScenarioReport), warnings };
}
