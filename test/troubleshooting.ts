// docs/troubleshooting.md: every error for people, as the sources throw it. A message is the first argument of the functions and classes
// in `makers`, and what to do the second.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

const root = join(import.meta.dirname, '..');
const makers = /^(?:usageError|measurementError|sourceFault|machineFault|AcceleratorFault)$/;

/** Rooms of src by what a person was doing. */
const sections: Readonly<Record<string, readonly string[]>> = {
  'Options, commands and bootgauge.yml': [
    'cli',
    'commands',
    'config',
    'init',
    'model',
    'report',
    'study',
    'trend',
    'timeline',
  ],
  'Recorded runs, baselines and the cache': [
    'analyze.ts',
    'store',
    'measure',
    'runs',
    'verdict',
    'vulkan',
    'stats',
    'blame',
  ],
  'Guests and the kit': ['guest', 'kit'],
  'Building QEMU, and looking for a commit': ['build', 'bisect'],
  'The machine, QEMU and booting': ['doctor', 'host', 'qemu', 'recording', 'ssh', 'ready', 'probe'],
  'In a pull request': ['action', 'gate', 'github'],
};

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}
interface Row {
  readonly section: string;
  readonly message: string;
  readonly todo: string;
}

export function troubleshootingPage(): string {
  const rows = globSync('src/**/*.ts', { cwd: root }).flatMap(errorsOf);
  const tables = Object.keys(sections).map((section) => {
    const lines = rows.filter((row) => row.section === section).map(({ message, todo }) => `| ${message} | ${todo} |`);
    const sorted = [...new Set(lines)].sort((one, other) => (one.toLowerCase() < other.toLowerCase() ? -1 : 1));
    return `## ${section}\n| error | what to do |\n| --- | --- |\n${sorted.join('\n')}\n`;
  });
  return [introduction, ...tables].join('\n');
}

function errorsOf(file: string): Row[] {
  const program = parseAst(readFileSync(join(root, file), 'utf8'), { lang: 'ts' }) as unknown as Node;
  const nodes = [...walk(program)];
  const constants = new Map<string, Node>();
  for (const { type, id, init } of nodes)
    if (type === 'VariableDeclarator' && init != null) constants.set(String((id as Node).name), init as Node);
  return nodes.flatMap(({ type, callee, arguments: given }) => {
    const name = String((callee as Node | undefined)?.name);
    if ((type !== 'CallExpression' && type !== 'NewExpression') || !makers.test(name)) return [];
    const [said, todo] = given as readonly Node[];
    const todos = todo === undefined ? [] : textsOf(todo, constants).filter((text) => /[^…\s]/.test(text));
    const fallback =
      name === 'usageError'
        ? 'correct what the message names'
        : 'look at the reason it names; `--verbose` shows the cause';
    return (
      textsOf(said as Node, constants)
        // What begins with a text from elsewhere has no first words.
        .filter((message) => /^[^…]{3}/.test(message) || /\w.{12}/.test(message.replaceAll('…', '')))
        .map((message) => ({
          section: sectionOf(file),
          message: cell(message),
          todo: cell(todos.join(', or ') || fallback),
        }))
    );
  });
}

function sectionOf(file: string): string {
  const room = file.split('/')[1] ?? '';
  const found = Object.keys(sections).find((section) => sections[section]?.includes(room));
  assert.ok(found, `${file}: name the room in a section of docs/troubleshooting.md`);
  return found;
}

function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const one of value) yield* walk(one);
  else if (value !== null && typeof value === 'object') {
    if ('type' in value) yield value as Node;
    yield* walk(Object.values(value));
  }
}

/** All texts that an expression can be; … for what only a run knows. */
function textsOf(node: Node, constants: ReadonlyMap<string, Node>): string[] {
  const of = (other: unknown): string[] => textsOf(other as Node, constants);
  if (node.type === 'Literal') return [String(node.value)];
  if (node.type === 'TemplateLiteral')
    return [(node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('…')];
  if (node.type === 'ConditionalExpression') return [...of(node.consequent), ...of(node.alternate)];
  if (node.type === 'LogicalExpression') return [...of(node.left), ...of(node.right)];
  if (node.type === 'BinaryExpression' && node.operator === '+')
    return of(node.left).flatMap((left) => of(node.right).map((right) => left + right));
  const constant = node.type === 'Identifier' ? constants.get(String(node.name)) : undefined;
  if (constant === undefined || constant.type === 'Identifier') return node.type === 'Identifier' ? [] : ['…'];
  return textsOf(constant, constants);
}

const cell = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
    .replaceAll(/[<>*_]/g, '\\$&');

const introduction = `# Troubleshooting

Every error that Bootgauge ends with, by its first words, and what to do about it. Search this page for words of yours; … stands for what is
named in your case. The page is made from the sources, so it has what your version says.

- An error ends with code 2 where an option, a file or bootgauge.yml is to be corrected, and with 3 where nothing could be measured.
- Most say what to do in the line below them. \`--verbose\` shows what caused one, \`bootgauge doctor\` what this machine lacks.
- \`N mistakes in bootgauge.yml\`: each has its line, what was written and what is expected. [configuration.md](configuration.md) has all keys.
- \`unknown command\`, \`unknown option\`, \`argument ... is invalid\`: \`--help\` of the command lists what there is.
- \`This is a fault in Bootgauge itself\`: nothing you gave it is wrong. Report it with the text above it.
- A boot that failed or hung is no error but a result: [explain.md](explain.md) says how its reason is found, and the page of the run has its console.
`;
