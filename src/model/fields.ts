// The kinds of values that bootgauge.yml is made of, as zod schemas: text with units in, plain numbers out, an own sentence
// for every refusal.
import { z } from 'zod';
import { plainLine } from './plain-text.ts';
import {
  durationPattern,
  type Parsed,
  parseDuration,
  parseRatio,
  parseSize,
  ratioPattern,
  sizePattern,
} from './units.ts';
import { userPatternProblem } from './user-pattern.ts';

/** Milliseconds. */
export const duration = (description: string) =>
  quantity(parseDuration, durationPattern, 'a duration such as 250 ms, 2.5 s or 4 min', description);

/** Milliseconds, more than none. */
export const positiveDuration = (description: string) =>
  duration(description).refine((milliseconds) => milliseconds > 0, 'must be greater than 0');

/** Whole MiB that a guest can start in. */
export const memory = (description: string) =>
  size(description).refine(
    (mebibytes) => Number.isInteger(mebibytes) && mebibytes >= 16 && mebibytes <= 1024 * 1024,
    'expected whole MiB, from 16 MiB to 1024 GiB',
  );

/** MiB. */
export const size = (description: string) =>
  quantity(parseSize, sizePattern, 'a size such as 512 MiB or 1 GiB', description);

/** A fraction; `5 %` or 0.05. */
export const ratio = (description: string) =>
  z
    .union([z.string().meta({ pattern: ratioPattern }), z.number().meta({ minimum: 0, maximum: 1 })], {
      error: (issue) => `expected a share such as 5 % or 0.05, found ${shown(issue.input)}`,
    })
    .transform((value, context) => take(parseRatio(String(value)), value, context))
    .meta({ description });

/** Text without control characters: it ends up in argument lists, never in a shell. */
export const line = (description: string) =>
  z
    .string()
    .max(4096, 'longer than 4096 characters')
    .regex(/^[^\p{Cc}]*$/u, 'must be one line without control characters')
    .meta({ description });

/** A file, relative to the configuration that names it. */
export const filePath = (description: string) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(4096, 'longer than 4096 characters')
    .regex(/^[^\0]*$/, 'must not hold a NUL character')
    .regex(/^(?!~)/, "'~' is not expanded: write the path out, or relative to this file")
    .meta({ description });

/** The source of a regular expression. */
export const pattern = (description: string) =>
  z
    .string()
    .superRefine((source, context) => {
      const problem = userPatternProblem(source);
      if (problem !== null) context.addIssue({ code: 'custom', message: `the pattern ${problem}` });
    })
    .meta({ description, format: 'regex' });

/** A name that is fit for a file name and a metric name. */
export const identifier = /^[a-z0-9][a-z0-9._-]{0,63}$/;
export const identifierHelp =
  'a name starts with a-z or 0-9 and holds only a-z, 0-9, dot, dash and underscore, at most 64';

/** What stands in the file, as a mistake quotes it. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return `'${plainLine(typeof value === 'string' ? value : JSON.stringify(value), 60)}'`;
}

function quantity(parse: (text: string) => Parsed, pattern: string, accepted: string, description: string) {
  return z
    .string({ error: (issue) => `expected ${accepted}, found ${shown(issue.input)}` })
    .meta({ description, pattern })
    .transform((text, context) => take(parse(text), text, context));
}

function take(parsed: Parsed, input: unknown, context: z.RefinementCtx): number {
  if ('value' in parsed) return parsed.value;
  context.addIssue({ code: 'custom', message: parsed.problem, input });
  return z.NEVER;
}
