// The cases of bench:qemu whose boots are as fast as before, or faster, while their guests respond badly.
import { analyze } from '../../src/analyze.ts';
import type { RecordedRun } from '../../src/model/run.ts';
import { responseMetrics } from '../../src/probe/responsiveness.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { behind, type Case, gating, ofMetric, shown } from './qemu-case.ts';

const common = { cpus: 2, metrics: { 'time-to-ssh': gating }, responsiveness: { withinMs: 20_000 } } as const;

/** Slower in these metrics, where the time to SSH says same or faster. */
const foundIn =
  (what: string, metrics: readonly string[]): Case['check'] =>
  (report) => {
    const boot = ofMetric(report, 'time-to-ssh')?.word ?? '';
    const met = ['same', 'faster'].includes(boot) && metrics.every((name) => ofMetric(report, name)?.word === 'slower');
    const measured = ['time-to-ssh', ...metrics].map((name) => shown(report, name)).join('; ');
    return { what: `${what} is slower in ${metrics.join(' and ')}, and not in time-to-ssh`, measured, met };
  };

/** The same boots 20 times, the sides of each round as a lot has them. */
function alarms(run: RecordedRun): number {
  const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
  return seeds.filter((seed) => {
    const random = randomFrom(seed);
    const scenarios = run.scenarios.map((recorded) => {
      const swapped = new Set([...new Set(recorded.boots.map(({ round }) => round))].filter(() => random() < 0.5));
      const boots = recorded.boots.map((boot) =>
        swapped.has(boot.round)
          ? { ...boot, side: boot.side === 'head' ? ('base' as const) : ('head' as const) }
          : boot,
      );
      return { ...recorded, boots };
    });
    return ['slower', 'failed'].includes(analyze({ ...run, scenarios }).verdict.word);
  }).length;
}

export const responseCases: readonly Case[] = [
  {
    ...common,
    name: 'responds-halt',
    patch: {
      file: 'system/cpus.c',
      change: behind(
        /void qemu_wait_io_event\(CPUState \*cpu\)\n[\s\S]*?\n {4}if \(slept\) \{/,
        'bql_unlock();\n    g_usleep(1000);\n    bql_lock();',
      ),
    },
    check: foundIn('a sleep of 1 ms whenever a processor leaves its halt', ['timer-late-p99', 'round-trip']),
  },
  {
    ...common,
    name: 'responds-flush',
    patch: {
      file: 'hw/block/virtio-blk.c',
      change: behind(/static void virtio_blk_handle_flush\([^)]*\)\n\{/, 'g_usleep(5000);'),
    },
    check: foundIn('a flush of virtio-blk that comes 5 ms late', ['fsync']),
  },
  {
    ...common,
    name: 'responds-net',
    patch: {
      file: 'hw/net/virtio-net.c',
      change: behind(
        /static void virtio_net_handle_tx_bh\([^)]*\)\n\{/,
        'static unsigned kicks;\n    if (++kicks % 50 == 0) {\n        return;\n    }',
      ),
    },
    check: foundIn('every 50th notification of virtio-net that is lost', ['round-trip-p99']),
  },
  {
    ...common,
    name: 'responds-aa',
    patch: null,
    // Sides that are alike in everything are not booted.
    headArguments: ['-name', 'head'],
    check(report, run) {
      const count = alarms(run);
      const measured = `${count} alarms; ${responseMetrics.map((name) => shown(report, name)).join('; ')}`;
      return { what: 'nothing changed: no alarm in 20 drawings of the sides', measured, met: count === 0 };
    },
  },
];
