// A stand-in for GitHub's REST API over HTTP: keeps comments and pull requests, pages its lists, holds every request and every
// one of its own answers to the contract in openapi-cut.json, and fails as it is told.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';

interface Operation {
  readonly query: readonly { readonly name: string }[];
  readonly body?: object;
  readonly statuses: readonly number[];
  readonly success: number;
  readonly answer: object;
  readonly example: Json;
}
type Json = Record<string, unknown>;

const { paths: contract } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/github/openapi-cut.json'), 'utf8'),
) as { paths: Record<string, Record<string, Operation>> };

export interface StoredComment {
  readonly id: number;
  readonly author: string;
  body: string;
  /** `issues/7` or `commits/<sha>`. */
  readonly on: string;
}

export interface LabelEvent {
  readonly issue: number;
  readonly event: 'labeled' | 'unlabeled';
  readonly label: string;
  /** null: the user is gone. */
  readonly actor: { readonly login: string; readonly type: 'User' | 'Bot' } | null;
  readonly at: string;
}

/** What happens to a request in place of an answer. */
export type Fault =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'hang'
  | 'reset'
  /** Does the work and then answers nothing. */
  | 'work-then-reset';

export interface GitHubServer extends AsyncDisposable {
  readonly url: string;
  readonly comments: StoredComment[];
  readonly pulls: Json[];
  /** What happened to the labels of the issues, oldest first. */
  readonly labels: LabelEvent[];
  /** What somebody may do here; `read` for who is not named. */
  readonly permissions: Record<string, string>;
  /** When a run was made, and when it was last started. */
  readonly runs: Record<string, { created_at: string; run_started_at: string }>;
  readonly requests: { readonly method: string; readonly path: string; readonly token: string }[];
  /** Breaches of the contract by a request or by this server. */
  readonly breaches: string[];
  /** The next requests of this method meet these faults, one each. */
  fail(method: string, ...faults: Fault[]): void;
  /** Adds a comment as somebody wrote it. */
  comment(on: string, author: string, body: string): StoredComment;
}

/** `login` is whose token is used; `mayAsk` is whether /user answers it, which a workflow's token may not ask. */
export async function openGitHub(options: { login?: string; mayAsk?: boolean } = {}): Promise<GitHubServer> {
  const login = options.login ?? 'github-actions[bot]';
  const comments: StoredComment[] = [];
  const pulls: Json[] = [];
  const labels: LabelEvent[] = [];
  const permissions: GitHubServer['permissions'] = {};
  const runs: GitHubServer['runs'] = {};
  const requests: GitHubServer['requests'] = [];
  const breaches: string[] = [];
  const faults: Record<string, Fault[]> = {};
  const add = (on: string, author: string, body: string): StoredComment => {
    const comment = { id: 1000 + comments.length, author, body, on };
    comments.push(comment);
    return comment;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const method = request.method ?? '';
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const text = await bodyOf(request);
    requests.push({ method, path: url.pathname + url.search, token: request.headers.authorization ?? '' });
    const fault = faults[method]?.shift();
    if (fault === 'hang') return;
    if (fault === 'reset') return void request.socket.destroy();
    if (fault !== undefined && fault !== 'work-then-reset') {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(fault.body ?? JSON.stringify({ message: `told to answer ${fault.status}` }));
      return;
    }
    const matched = match(method, url.pathname);
    if (matched === null) {
      breaches.push(`no operation ${method} ${url.pathname}`);
      return void response.writeHead(404).end('{}');
    }
    const { operation, names, pattern } = matched;
    for (const name of url.searchParams.keys()) {
      if (!operation.query.some((known) => known.name === name))
        breaches.push(`${method} ${pattern}: no query ${name}`);
    }
    const body = text === '' ? undefined : (JSON.parse(text) as Json);
    if (operation.body) hold(operation.body, body, `${method} ${pattern}: body`, breaches);
    const result = work({ method, pattern, names, body, url, operation });
    if (fault === 'work-then-reset') return void request.socket.destroy();
    if (result.status < 300) hold(operation.answer, result.body, `answer of ${method} ${pattern}`, breaches);
    if (!operation.statuses.includes(result.status))
      breaches.push(`${method} ${pattern} never answers ${result.status}`);
    response.writeHead(result.status, { 'content-type': 'application/json', ...result.headers });
    response.end(JSON.stringify(result.body));
  };

  const work = (call: Call): Answer => {
    const { operation, names, body } = call;
    if (call.pattern === '/user') {
      if (options.mayAsk !== true) return { status: 403, body: { message: 'Resource not accessible by integration' } };
      return { status: 200, body: { ...operation.example, login, business_plus: false } };
    }
    const asked = askedOfLabels(call, { labels, permissions, runs });
    if (asked !== null) return asked;
    if (call.pattern.endsWith('/pulls'))
      return listed(
        call,
        pulls.filter((pull) => hasHead(pull, call.url)),
      );
    if (call.pattern.endsWith('/pulls/{pull_number}')) {
      const found = pulls.find((pull) => String(pull.number) === names.pull_number);
      return found ? { status: 200, body: found } : { status: 404, body: { message: 'Not Found' } };
    }
    const on = names.issue_number ? `issues/${names.issue_number}` : `commits/${names.commit_sha}`;
    if (call.method === 'GET') {
      return listed(
        call,
        comments.filter((comment) => comment.on === on).map((comment) => shown(comment, operation)),
      );
    }
    const written = (body?.body as string | undefined) ?? '';
    if (written.length > 65_536) return { status: 422, body: { message: 'Validation Failed: body is too long' } };
    if (call.method === 'POST') return { status: 201, body: shown(add(on, login, written), operation) };
    const found = comments.find((comment) => String(comment.id) === names.comment_id);
    if (found === undefined) return { status: 404, body: { message: 'Not Found' } };
    found.body = written;
    return { status: 200, body: shown(found, operation) };
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      breaches.push(String(error.stack));
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: origin,
    comments,
    pulls,
    labels,
    permissions,
    runs,
    requests,
    breaches,
    fail(method, ...next) {
      faults[method] = [...(faults[method] ?? []), ...next];
    },
    comment: add,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A pull request as GitHub would tell it. */
export function pullRequest(facts: {
  readonly number: number;
  readonly headRepository: string;
  readonly headBranch: string;
  readonly headSha: string;
  readonly baseSha: string;
  readonly state?: string;
}): Json {
  const example = structuredClone(
    contract['/repos/{owner}/{repo}/pulls/{pull_number}']?.get?.example as {
      head: { repo: Json };
      base: { repo: Json };
    } & Json,
  );
  // The contract's own example of a team does not keep the contract.
  Object.assign(example, { number: facts.number, state: facts.state ?? 'open', requested_teams: [] });
  Object.assign(example.head, { ref: facts.headBranch, sha: facts.headSha });
  Object.assign(example.head.repo, { full_name: facts.headRepository });
  Object.assign(example.base, { ref: 'main', sha: facts.baseSha });
  return example;
}

function askedOfLabels(call: Call, known: Pick<GitHubServer, 'labels' | 'permissions' | 'runs'>): Answer | null {
  const { pattern, names, operation } = call;
  if (pattern.endsWith('/events')) {
    const [example] = operation.example as unknown as [Json];
    const all = known.labels.filter(({ issue }) => String(issue) === names.issue_number);
    return listed(
      call,
      all.map(({ event, label, actor, at }, index) => ({
        ...{ ...example, id: index + 1, event, label: { name: label, color: 'ffffff' }, created_at: at },
        actor: actor === null ? null : { ...(example.actor as Json), ...actor },
      })),
    );
  }
  if (pattern.endsWith('/permission')) {
    const permission = known.permissions[names.username ?? ''] ?? 'read';
    return { status: 200, body: { ...operation.example, permission } };
  }
  if (!pattern.endsWith('/actions/runs/{run_id}')) return null;
  const run = known.runs[names.run_id ?? ''];
  return run === undefined
    ? { status: 404, body: { message: 'Not Found' } }
    : { status: 200, body: { ...operation.example, id: Number(names.run_id), ...run } };
}

interface Call {
  readonly method: string;
  readonly pattern: string;
  readonly names: Readonly<Record<string, string>>;
  readonly body: Json | undefined;
  readonly url: URL;
  readonly operation: Operation;
}
interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

function match(method: string, path: string) {
  for (const [pattern, operations] of Object.entries(contract)) {
    const operation = operations[method.toLowerCase()];
    const source = pattern.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
    const groups = new RegExp(`^${source}$`).exec(path);
    if (groups && operation) return { pattern, operation, names: { ...groups.groups } as Record<string, string> };
  }
  return null;
}

function listed({ url }: Call, all: readonly unknown[]): Answer {
  const size = Number(url.searchParams.get('per_page') ?? 30);
  const page = Number(url.searchParams.get('page') ?? 1);
  const body = all.slice((page - 1) * size, page * size);
  const next = new URL(url);
  next.searchParams.set('page', String(page + 1));
  const headers = page * size < all.length ? { link: `<${next.href}>; rel="next"` } : undefined;
  return { status: 200, body, ...(headers ? { headers } : {}) };
}

function hasHead(pull: Json, url: URL): boolean {
  const head = pull.head as { ref: string; repo: { full_name: string } };
  const wanted = url.searchParams.get('head');
  const state = url.searchParams.get('state') ?? 'open';
  const same = wanted === null || wanted === `${head.repo.full_name.split('/')[0]}:${head.ref}`;
  return same && (state === 'all' || pull.state === state);
}

function shown(comment: StoredComment, { example }: Operation): Json {
  const whole = structuredClone(Array.isArray(example) ? (example[0] as Json) : example);
  const user = { ...(whole.user as Json), login: comment.author };
  return {
    ...whole,
    id: comment.id,
    body: comment.body,
    user,
    html_url: `https://github.com/${comment.on}#${comment.id}`,
  };
}

const schemas = new Map<object, z.ZodType>();

function hold(schema: object, value: unknown, what: string, breaches: string[]): void {
  const known = schemas.get(schema) ?? z.fromJSONSchema(schema as never, { defaultTarget: 'openapi-3.0' });
  schemas.set(schema, known);
  const parsed = known.safeParse(value);
  if (!parsed.success) breaches.push(`${what}: ${z.prettifyError(parsed.error)}`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
