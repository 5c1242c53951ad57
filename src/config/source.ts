// YAML text -> a plain value that remembers where everything stands, and mistakes -> text that points at them.
import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type BootgaugeError, usageError } from '../model/errors.ts';
import { cutToColumns, plainLine } from '../model/plain-text.ts';

export type Path = readonly PropertyKey[];

export interface Mistake {
  readonly path: Path;
  /** Which side of the colon to point at. */
  readonly at: 'key' | 'value';
  readonly message: string;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

interface LocatedMistake {
  readonly range: Range;
  readonly message: string;
}

export interface Source {
  /** The name that people know the file by. */
  readonly name: string;
  /** What the YAML says; null for a file without content. Keys without a value are left out. */
  readonly value: unknown;
  /** One error for all mistakes, in the order of the file. */
  errorOf(mistakes: readonly Mistake[]): BootgaugeError;
}

const shownMistakes = 50;
const deepestNesting = 30;

/** `scenarios.default.qemu-arguments[0]`; nothing for the top of the file. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

/** Throws a usage error that names every syntax mistake. */
export function parseSource(text: string, name: string): Source {
  const lines = new LineCounter();
  const locatedError = (mistakes: readonly LocatedMistake[]): BootgaugeError =>
    errorFor(mistakes, { name, text, lines });
  let document: Document.Parsed;
  try {
    document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      stringKeys: true,
      resolveKnownTags: false,
      logLevel: 'silent',
    });
  } catch (error) {
    // The parser recurses; a file made of brackets ends its stack.
    throw usageError(`${name} cannot be read as YAML`, 'it may be nested too deeply', error);
  }
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const located = faults.map(({ pos, code, message }) => ({
      range: { start: pos[0], end: pos[1] },
      message:
        code === 'MULTIPLE_DOCS' ? 'a second document begins here; one file holds one' : yamlMessage(code, message),
    }));
    throw locatedError(located);
  }
  return {
    name,
    value: plainValue(document, name),
    errorOf: (mistakes) =>
      locatedError(mistakes.map((mistake) => ({ range: locate(document, mistake), message: mistake.message }))),
  };
}

function yamlMessage(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice';
  if (/call stack/.test(message)) return 'nested too deeply';
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function plainValue(document: Document.Parsed, name: string): unknown {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Unknown aliases and alias bombs come as ReferenceErrors without a position.
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(`${name} cannot be read as YAML: ${plainLine(reason)}`, 'write the values out', error);
  }
  return withoutEmpty(value, name, 0);
}

/** Drops keys without a value, so that a section whose lines are all comments counts as absent; keeps empty scenarios. */
function withoutEmpty(value: unknown, name: string, depth: number): unknown {
  if (depth > deepestNesting) {
    throw usageError(`${name} is nested more than ${deepestNesting} levels deep, or an alias holds itself`);
  }
  if (Array.isArray(value)) return value.map((item) => withoutEmpty(item, name, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (depth === 0 && key === 'scenarios' && isPlainObject(inner)) {
      const kept = Object.entries(inner).map(([id, scenario]): [string, unknown] => [id, scenario ?? {}]);
      return [[key, withoutEmpty(Object.fromEntries(kept), name, depth + 1)]];
    }
    return inner === null ? [] : [[key, withoutEmpty(inner, name, depth + 1)]];
  });
  return Object.fromEntries(entries);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where the path leads, or as far as it leads: a missing key is shown at its parent. */
function locate(document: Document.Parsed, { path, at }: Mistake): Range {
  let node: unknown = document.contents;
  let found: Range = { start: 0, end: 0 };
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!isPair(pair)) return found;
      const useKey = (at === 'key' && index === path.length - 1) || !isNode(pair.value);
      found = rangeOf(useKey || !isScalarLike(pair.value) ? pair.key : pair.value) ?? found;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      found = rangeOf(node) ?? found;
    } else {
      return found;
    }
  }
  return found;
}

/** A mapping or a list is pointed at by its key: its own text may be pages long. */
function isScalarLike(node: unknown): boolean {
  return isScalar(node) || isAlias(node);
}

function rangeOf(node: unknown): Range | null {
  const range = isNode(node) ? node.range : null;
  return range ? { start: range[0], end: range[1] } : null;
}

function errorFor(
  mistakes: readonly LocatedMistake[],
  source: { readonly name: string; readonly text: string; readonly lines: LineCounter },
): BootgaugeError {
  // What stands behind an alias is found once for every use of it.
  const different = new Map(mistakes.map((mistake) => [`${mistake.range.start} ${mistake.message}`, mistake]));
  const sorted = [...different.values()].sort((a, b) => a.range.start - b.range.start);
  const blocks = sorted.slice(0, shownMistakes).map((mistake) => {
    const { line, col } = source.lines.linePos(mistake.range.start);
    return `${source.name}:${line}:${col}: ${plainLine(mistake.message, 400)}\n${excerpt(source.text, line, col, mistake.range)}`;
  });
  const rest = sorted.length - blocks.length;
  if (rest > 0) blocks.push(`... and ${rest} more`);
  const summary = sorted.length === 1 ? 'one mistake' : `${sorted.length} mistakes`;
  return usageError(`${summary} in ${source.name}\n\n${blocks.join('\n\n')}\n`);
}

/** The line and a mark under the place, both cut to a readable width. */
function excerpt(text: string, line: number, column: number, range: Range): string {
  const whole = (text.split(/\r\n|\r|\n/, line)[line - 1] ?? '').replaceAll('\t', ' ');
  const from = column > 80 ? column - 41 : 0;
  const shown = cutToColumns(whole.slice(from).replace(/\p{Cc}/gu, '?'), 100);
  const before = column - 1 - from;
  const length = Math.max(1, Math.min(range.end - range.start, shown.length - before));
  const gutter = `${line}`.padStart(4);
  return `${gutter} | ${shown}\n${' '.repeat(gutter.length)} | ${' '.repeat(before)}${'^'.repeat(length)}`;
}
