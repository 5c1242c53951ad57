// docs/configuration.md, made from the JSON Schema of bootgauge.yml: every key once, where it is first met.
import assert from 'node:assert/strict';
import { configJsonSchema } from '../../src/config/schema.ts';

interface Node {
  readonly type?: string;
  readonly const?: string | number;
  readonly enum?: readonly (string | number)[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}
interface Section {
  readonly title: string;
  readonly about: string | undefined;
  readonly rows: readonly (readonly [key: string, values: string, meaning: string])[];
}

const intro = `# Configuration: every key of bootgauge.yml

For looking a key up. [getting-started.md](getting-started.md) is the place to begin. This page is made from the schema that checks the file
(\`bootgauge schema\`), so it has all keys and no other.

Times are written as \`50 ms\`, \`2 s\` or \`10 min\`, sizes as \`16 MiB\` or \`1 GiB\`, shares as \`5 %\`. Files are relative to the one that names them.
`;

/** The whole page. */
export function configurationPage(): string {
  const sections: Section[] = [];
  const top = configJsonSchema() as Node;
  const scenario = (top.properties?.scenarios?.additionalProperties ?? {}) as Node;
  addSection(sections, new Set(), 'The top of the file', top, '');
  const scenarios = sections.findIndex(({ title }) => title === '`scenarios.NAME`');
  const defaults = Object.keys(top.properties?.defaults?.properties ?? {});
  const alone = Object.keys(scenario.properties ?? {}).filter((key) => !defaults.includes(key));
  // What a scenario says comes first: it is what people write.
  const [found] = sections.splice(scenarios, 1);
  sections.splice(1, 0, found as Section);
  const list = (keys: readonly string[]): string => keys.map((key) => `\`${key}\``).join(', ');
  const ofSides = Object.keys(scenario.properties?.base?.properties ?? {}).filter((key) => left(key, '.base'));
  const note = `\`defaults\` takes the same keys, but for ${list(alone)}.\n\n\`base\` and \`head\` take ${list(ofSides)}, and two of their own ([below](#base)).\n`;
  return `${intro}\n${sections.map((section, index) => sectionText(section) + (index === 1 ? `\n${note}` : '')).join('\n')}`;
}

function sectionText({ title, about, rows }: Section): string {
  const lines = rows.map(
    ([key, values, meaning]) => `| \`${key}\` | ${values} | ${meaning.replaceAll('|', '\\|')} |\n`,
  );
  const capital = about === undefined ? '' : `${about.charAt(0).toUpperCase()}${about.slice(1)}.\n\n`;
  return `## ${title}\n${capital}| key | value | meaning |\n| :-- | :-- | :-- |\n${lines.join('')}`;
}

/** Adds the mapping at `path` and those inside of it, unless an equal one stands there already. */
function addSection(sections: Section[], seen: Set<string>, title: string, node: Node, path: string): void {
  const kind = node.properties?.kind?.const === undefined ? undefined : node.properties.kind;
  const properties = Object.entries(node.properties ?? {}).filter(
    ([key]) => !left(key, path) && !(kind && key === 'kind'),
  );
  const rows = properties.map(([key, value]) => {
    assert.ok(value.description, `${path}.${key} has no description in the schema`);
    return [key, valueText(value), `${value.description}${node.required?.includes(key) ? ' (needed)' : ''}`] as const;
  });
  const fingerprint = JSON.stringify(node.properties);
  if (seen.has(fingerprint)) return;
  seen.add(fingerprint);
  sections.push({ title, about: kind === undefined ? node.description : kind.description, rows });
  for (const [key, value] of properties) addInner(sections, seen, value, path === '' ? key : `${path}.${key}`);
}

function addInner(sections: Section[], seen: Set<string>, node: Node, path: string): void {
  if (path.endsWith('metrics')) addMetrics(sections, seen, node, path);
  else if (node.properties) addSection(sections, seen, `\`${shortened(path, node)}\``, node, path);
  if (typeof node.additionalProperties === 'object' && !path.endsWith('metrics'))
    addInner(sections, seen, node.additionalProperties, `${path}.NAME`);
  if (node.items) addInner(sections, seen, node.items, `${path}[]`);
  for (const one of [...(node.anyOf ?? []), ...(node.oneOf ?? [])]) addInner(sections, seen, one, path);
}

/** Keys that another section shows: what a side shares with its scenario, and a scenario with `defaults`. */
function left(key: string, path: string): boolean {
  return path === '' ? key === 'defaults' : /\.(base|head)$/.test(path) && !['ref', 'patches'].includes(key);
}

/** All metrics share their keys, so they are one table of names and one of keys. */
function addMetrics(sections: Section[], seen: Set<string>, node: Node, path: string): void {
  if (seen.has('metrics')) return;
  seen.add('metrics');
  const metrics = Object.entries(node.properties ?? {});
  sections.push({
    title: `\`${path.replace('scenarios.NAME.', '')}\``,
    about: node.description,
    rows: metrics.map(([name, { description }]) => [name, 'mapping', description ?? '']),
  });
  addSection(sections, seen, '`metrics.NAME`', node.additionalProperties as Node, 'metrics.NAME');
}

/** Where somebody would write it: a scenario's keys without its name, a guest with its kind. */
function shortened(path: string, node: Node): string {
  const kind = node.properties?.kind?.const;
  const short = path.replace(/^scenarios\.NAME\./, '');
  return kind === undefined ? short : `${short}: {kind: ${kind}}`;
}

function valueText(node: Node): string {
  const all = [node, ...(node.anyOf ?? [])];
  const words = all.flatMap(({ enum: options = [], const: only }) => (only === undefined ? options : [only]));
  if (words.length > 0) {
    const mapping = all.some(({ oneOf, properties }) => oneOf ?? properties);
    return [...words.map((word) => `\`${word}\``), ...(mapping ? ['mapping'] : [])].join(', ');
  }
  const types: Readonly<Record<string, string>> = {
    integer: 'number',
    number: 'number',
    boolean: '`true`, `false`',
    array: 'list',
    object: 'mapping',
  };
  return types[node.type ?? node.anyOf?.[0]?.type ?? ''] ?? 'text';
}
