// zod's issues -> mistakes in the words of the file, with the nearest right key or value.
import type { z } from 'zod';
import { identifierHelp, shown } from '../model/fields.ts';
import { nearestWord, suggestion } from './nearest.ts';
import { type Mistake, type Path, pathText } from './source.ts';

type Issue = z.core.$ZodIssue;
type JsonSchema = { readonly [key: string]: unknown };

/** What a file may hold. */
export interface Described {
  readonly schema: () => JsonSchema;
  /** Shown for a right key in a wrong place: how a section is called, and its path. */
  readonly sections: readonly (readonly [string, Path])[];
}

/** Mistakes of shape and unit; `base` is where the checked value stands in the file. */
export function shapeMistakes(
  issues: readonly Issue[],
  value: unknown,
  described: Described,
  base: Path = [],
): Mistake[] {
  return issues.flatMap((issue) => mistakesOf(issue, value, described, base));
}

function mistakesOf(issue: Issue, value: unknown, described: Described, base: Path): Mistake[] {
  const path = [...base, ...issue.path];
  const here = (message: string): Mistake[] => [{ path, at: 'value', message: `${nameOf(path)}${message}` }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], at: 'key', message: unknownKey(key, path, described) }));
    case 'invalid_key':
      return [{ path, at: 'key', message: `'${String(path.at(-1))}' cannot be a name: ${identifierHelp}` }];
    case 'invalid_union': {
      const branch = issue.errors.find((errors) => !errors.some((error) => error.path.length === 0 && isOfType(error)));
      if (branch && branch.length > 0) return shapeMistakes(branch, value, described, path);
      const options = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : null;
      if (options) return here(notOneOf(valueAt(value, path), options));
      const found = valueAt(value, path);
      const words = issue.errors.flatMap((errors) => errors.flatMap(valuesOf));
      if (!issue.message.startsWith('expected')) return here(notOneOf(found, words));
      return here(`${issue.message}${typeof found === 'string' ? nearestOnly(found, words) : ''}`);
    }
    case 'invalid_value':
      return here(notOneOf(valueAt(value, path), valuesOf(issue)));
    case 'invalid_type':
      if (valueAt(value, path) === undefined) {
        const parent = path.slice(0, -1);
        return [{ path: parent, at: 'key', message: `${nameOf(parent)}the key '${String(path.at(-1))}' is missing` }];
      }
      if (issue.message.startsWith('expected')) return here(issue.message);
      return here(`expected ${typeNames[issue.expected] ?? issue.expected}, found ${shown(valueAt(value, path))}`);
    case 'too_small':
      return here(issue.origin === 'array' ? issue.message : `must be at least ${issue.minimum}`);
    case 'too_big':
      return here(issue.origin === 'string' ? issue.message : `must be at most ${issue.maximum}`);
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
      return here(issue.message);
  }
}

const typeNames: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text (in quotes where it looks like a number)',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys',
  record: 'a mapping of names',
};

/** `scenarios.default.cpus: `; nothing for the top of the file. */
function nameOf(path: Path): string {
  return path.length === 0 ? '' : `${pathText(path)}: `;
}

function isOfType(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
}

function valuesOf(issue: Issue): string[] {
  return issue.code === 'invalid_value' ? issue.values.map(String) : [];
}

function notOneOf(value: unknown, options: readonly string[]): string {
  const near = nearestOnly(String(value), options);
  if (options.length === 1) return `expected ${options[0]}, found ${shown(value)}${near}`;
  return `${shown(value)} is not one of ${options.join(', ')}${near}`;
}

function nearestOnly(word: string, options: readonly string[]): string {
  const nearest = nearestWord(word, options);
  return nearest === null ? '' : `; did you mean '${nearest}'?`;
}

function unknownKey(key: string, path: Path, { schema, sections }: Described): string {
  const where = path.length === 0 ? 'at the top of the file' : `in ${pathText(path)}`;
  if (key === '<<') return `merge keys ${where} are not read; what scenarios have in common belongs in defaults`;
  const root = schema();
  const known = keysAt(root, path);
  if (nearestWord(key, known) === null) {
    const elsewhere = sections.filter(([, place]) => keysAt(root, place).includes(key)).map(([name]) => name);
    if (elsewhere.length > 0) return `unknown key '${key}' ${where}; it belongs ${elsewhere.join(' or ')}`;
  }
  return `unknown key '${key}' ${where}${suggestion(key, known)}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<PropertyKey, unknown>)[step]
        : undefined,
    value,
  );
}

/** Keys that the schema knows at a path of the file. */
function keysAt(root: JsonSchema, path: Path): string[] {
  const schemas = path.reduce<readonly JsonSchema[]>(
    (inner, step) => inner.flatMap((one) => childOf(one, step)),
    [root],
  );
  return [...new Set(schemas.flatMap(alternatives).flatMap((schema) => Object.keys(propertiesOf(schema))))];
}

function childOf(schema: JsonSchema, step: PropertyKey): JsonSchema[] {
  return alternatives(schema).flatMap((one) => {
    const properties = propertiesOf(one);
    const child = Object.hasOwn(properties, step) ? properties[String(step)] : (one.additionalProperties ?? one.items);
    return typeof child === 'object' && child !== null ? [child as JsonSchema] : [];
  });
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const options = schema.anyOf ?? schema.oneOf;
  return Array.isArray(options) ? options.flatMap((option: JsonSchema) => alternatives(option)) : [schema];
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (schema.properties ?? {}) as Readonly<Record<string, JsonSchema>>;
}
