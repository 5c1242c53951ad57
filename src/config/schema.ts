// The one schema of bootgauge.yml. What is checked here is shape and units; what needs several keys at once is in check.ts.
// The descriptions become the JSON Schema that editors show.

import { z } from 'zod';
import {
  duration,
  filePath,
  identifier,
  identifierHelp,
  line,
  memory,
  pattern,
  positiveDuration,
  ratio,
  size,
} from '../model/fields.ts';
import { guestKeys } from '../model/guests/guests.ts';
import { readyKeys } from '../model/readiness.ts';
import {
  acceleratorChoiceSchema,
  betterSchema,
  crashesSchema,
  defaultSampling,
  gpuSchema,
  markerKindSchema,
  onUndecidedSchema,
  phasesSchema,
  profileSchema,
  serviceStyleSchema,
} from '../model/scenario.ts';
import { metricDefinitions } from '../probe/probes.ts';
import {
  defaultDeadlines,
  defaultNamedRule,
  defaultProbeTimeoutMs,
  defaultResponsiveness,
  defaultSide,
  markerChoices,
} from './defaults.ts';
import { qemuSchema, sideBuildKeys } from './qemu-schema.ts';

const named = z.string().regex(identifier, identifierHelp);
const count = (description: string, minimum: number, maximum: number) =>
  z.int().min(minimum).max(maximum).meta({ description });

const { machine } = defaultSide;
const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;

const machineKeys = {
  guest: guestKeys.optional(),
  accel: acceleratorChoiceSchema
    .optional()
    .meta({ description: 'accelerator; auto (default) takes the best one that survives a trial boot' }),
  cpus: count(`processors of the guest; default ${machine.cpus}`, 1, 512).optional(),
  memory: memory(`memory of the guest, as in 1 GiB; default ${machine.memoryMiB} MiB`).optional(),
  gpu: gpuSchema
    .optional()
    .meta({ description: 'none (default), plain virtio-gpu, or venus: virtio-gpu-gl with Vulkan' }),
  append: line(
    "added to the guest kernel's command line; a word with a dash before it is taken away: -quiet loglevel=7",
  ).optional(),
  'qemu-arguments': z
    .array(line('one argument'))
    .max(200)
    .optional()
    .meta({ description: "added to QEMU's command line, one list item an argument; no shell reads them" }),
};

const probe = z.strictObject({
  run: z
    .string()
    .min(1, 'must not be empty')
    .max(20_000, 'longer than 20000 characters')
    .regex(/^[^\0]*$/, 'must not hold a NUL character')
    .meta({ description: "run by the guest's shell once login works, again and again until it succeeds" }),
  expect: pattern('a regular expression that its output must match; without it exit status 0 is enough').optional(),
  timeout: positiveDuration(`longest time from login to success; default ${seconds(defaultProbeTimeoutMs)}`).optional(),
  metric: named.optional().meta({
    description:
      'name of the metric that its first success is reported as, or its number: then its own name by default',
  }),
  number: pattern(
    'the metric is a number in its output, 0 or more: what this pattern, or its first group, finds last',
  ).optional(),
  unit: line('what the number counts, as in fps or MB/s; without it only the number is shown')
    .max(16, 'longer than 16 characters')
    .optional(),
  better: betterSchema.optional().meta({ description: 'whether a lower (default) or a higher number is better' }),
});

const ruleKeys = {
  gate: z.boolean().optional().meta({ description: 'whether this metric can fail the run' }),
  tolerate: ratio('slowdown that is let pass; default 0 %').optional(),
  limit: ratio(
    `slowdown that is to be caught; default ${defaultNamedRule.limit * 100} % where the metric has no limit of its own`,
  ).optional(),
};
const timeRule = z.strictObject({
  ...ruleKeys,
  floor: duration(
    `smallest difference that counts; default ${defaultNamedRule.floor} ms where the metric has no floor of its own`,
  ).optional(),
  max: duration('hard ceiling of the median, whatever the base says').optional(),
});
const plain = (description: string) => z.number().min(0).meta({ description });
/** Of a metric that only the configuration knows: a time, or a number of a probe. */
const ownRule = z.strictObject({
  ...ruleKeys,
  floor: z
    .union([duration('a time'), plain('a number')])
    .optional()
    .meta({
      description: `smallest difference that counts; default ${defaultNamedRule.floor} ms, or 0 for the number of a probe`,
    }),
  max: z
    .union([duration('a time'), plain('a number')])
    .optional()
    .meta({
      description: 'hard ceiling of the median, whatever the base says',
    }),
  min: plain('hard floor of the median, for a number of which more is better').optional(),
});
const sizeRule = z.strictObject({
  ...ruleKeys,
  floor: size('smallest difference that counts; default 16 MiB').optional(),
  max: size('hard ceiling of the median, whatever the base says').optional(),
});
const metrics = z
  .strictObject(
    Object.fromEntries(
      metricDefinitions.map(({ name, unit, meaning }) => [
        name,
        (unit === 'MiB' ? sizeRule : timeRule).optional().meta({ description: meaning }),
      ]),
    ),
  )
  .catchall(ownRule)
  .meta({ description: "how metrics are judged: the ones named here, phase:NAME, service:NAME and the probes' own" });

const settingsKeys = {
  ...machineKeys,
  profile: profileSchema.optional().meta({
    description:
      'timing (default): quiet console, decides. attribution: verbose console, explains. Never compared with each other',
  }),
  markers: named.optional().meta({
    description: `how the console is read: ${markerChoices}, or a profile from markers at the top`,
  }),
  ready: readyKeys.optional(),
  probes: z
    .record(named, probe)
    .optional()
    .meta({ description: 'commands that ask the guest whether it is ready, by name' }),
  deadlines: z
    .strictObject({
      total: positiveDuration(
        `from the start of QEMU to the end of the last probe; default ${seconds(defaultDeadlines.totalMs)}`,
      ).optional(),
      phases: z
        .record(named, positiveDuration('longest time of this phase'))
        .optional()
        .meta({ description: 'longest time per phase, by its name' }),
    })
    .optional()
    .meta({ description: 'a boot that passes one of these counts as hung' }),
  draw: z.strictObject({}).optional().meta({
    description:
      'with gpu: venus, the guest draws seven pictures with Vulkan, which must be right, and its frames are timed',
  }),
  autopsy: z
    .boolean()
    .optional()
    .meta({ description: 'whether a boot that hangs is examined for at most 15 s before QEMU is ended; default true' }),
  responsiveness: z
    .strictObject({
      within: positiveDuration(
        `longest time for all of it; default ${seconds(defaultResponsiveness.withinMs)}`,
      ).optional(),
    })
    .optional()
    .meta({
      description:
        'asks each guest that is ready how it responds: round trips over SSH, timers, the root disk, process starts; no part of its boot',
    }),
  metrics: metrics.optional(),
  phases: phasesSchema.optional().meta({
    description:
      'a phase of a paired run that surely grew by more than 25 % and 50 ms: gate (default) makes the run slower, tell, or off',
  }),
  crashes: crashesSchema.optional().meta({
    description: 'an emulator that dies by a signal on head and never on base: fail (default) the run, or tell it only',
  }),
  sampling: z
    .strictObject({
      warmup: count(`boots per side that are not counted; default ${defaultSampling.warmup}`, 0, 100).optional(),
      boots: count(
        `measured boots per side at least; default ${defaultSampling.boots}. Where the baseline tells the spread of boots, pairs may end after 3 of up to 6`,
        1,
        10_000,
      ).optional(),
      'max-boots': count(`measured boots per side at most; default ${defaultSampling.maxBoots}`, 1, 10_000).optional(),
      'time-budget': positiveDuration(
        `no new boot is begun after this time once the least is there; default ${seconds(defaultSampling.timeBudgetMs)}`,
      ).optional(),
      'quiet-wait': duration(
        'longest wait for a cool and quiet machine before the first boot; default 2 min on a Mac, 0 s elsewhere',
      ).optional(),
      parallel: z.enum(['auto', 'off']).optional().meta({
        description:
          'auto (default): both sides of a pair boot at the same time where performance cores are to spare and rounds of both kinds have shown that this disturbs neither; or off',
      }),
    })
    .optional()
    .meta({ description: 'how many boots' }),
};

const side = z.strictObject({ ...machineKeys, qemu: qemuSchema.optional(), ...sideBuildKeys });

const settingsSchema = z.strictObject(settingsKeys).meta({ description: 'what all scenarios have in common' });

const scenarioSchema = z
  .strictObject({
    description: line('one line for people').optional(),
    'only-when-named': z
      .boolean()
      .optional()
      .meta({ description: 'true: left out unless the command line names this scenario; default false' }),
    ...settingsKeys,
    qemu: qemuSchema.optional(),
    base: side.optional().meta({ description: 'the side to compare with: differs from the scenario in these keys' }),
    head: side.optional().meta({ description: 'the side that is judged: differs from the scenario in these keys' }),
  })
  .meta({ description: 'one thing to measure; keys not given come from defaults' });

const markerProfile = z.strictObject({
  services: serviceStyleSchema.optional().meta({
    description: 'whose service messages are read besides the markers; default openrc',
  }),
  markers: z
    .array(
      z.strictObject({
        name: named.max(40, 'longer than 40 characters').meta({ description: 'name of the phase or of the mark' }),
        pattern: pattern('a regular expression, looked for anywhere in a console line'),
        kind: markerKindSchema.optional().meta({
          description:
            'starts (default): the phase of this name begins here; ends: it ends here; mark: a notable moment',
        }),
      }),
    )
    .min(1, 'needs at least one marker')
    .max(200, 'holds more than 200 markers')
    .meta({ description: 'in the order in which a boot passes them' }),
});

export const configSchema = z
  .strictObject({
    version: z.literal(1).meta({ description: 'version of this format' }),
    'on-undecided': onUndecidedSchema
      .optional()
      .meta({ description: 'what a run is worth whose boots do not settle the question; default pass' }),
    kit: z
      .strictObject({
        mirror: z
          .string()
          .regex(/^(https?|file):\/\/[^\s\p{Cc}[\]]+$/u, 'expected a URL that begins with https://, http:// or file://')
          .optional()
          .meta({
            description: "Debian mirror to assemble the kit from; default: the machine's own apt configuration",
          }),
        keyring: filePath('keyring that signs that mirror, a file relative to this one').optional(),
      })
      .optional()
      .meta({ description: 'where the reference QEMU and guest come from' }),
    qemu: qemuSchema.optional(),
    cache: z
      .strictObject({
        builds: size('what finished builds of QEMU and build folders may take together; default 8 GiB').optional(),
      })
      .optional()
      .meta({ description: 'how much is kept; what was not used for the longest time goes first' }),
    markers: z.record(named, markerProfile).optional().meta({ description: 'own ways to read a console, by name' }),
    defaults: settingsSchema.optional(),
    scenarios: z
      .record(named, scenarioSchema)
      .optional()
      .meta({ description: 'what is measured, by name; without any there is one, default' }),
  })
  .meta({ title: 'bootgauge.yml', description: 'Configuration of Bootgauge' });

export type RawConfig = z.output<typeof configSchema>;
export type RawSettings = z.output<typeof settingsSchema>;
export type RawScenario = z.output<typeof scenarioSchema>;
export type RawSide = z.output<typeof side>;
export type RawRule = z.output<typeof ownRule>;

/** JSON Schema (draft 7, which editors know best) of what may be written into bootgauge.yml. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
}
