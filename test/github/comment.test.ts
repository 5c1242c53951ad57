// The one comment and GitHub's ways to refuse it, over real HTTP.
import assert from 'node:assert/strict';
import test from 'node:test';
import { bringUpToDate, type CommentRequest, commentAdvice, marker } from '../../src/github/comment.ts';
import { longestWaitMs, mostAttempts, type Rest, RestError, restClient } from '../../src/github/rest.ts';
import { type GitHubServer, openGitHub } from './github-server.ts';

const place = { owner: 'someone', repository: 'qemu', on: { kind: 'pull-request', number: 7 } } as const;
const request: CommentRequest = { place, key: 'bootgauge', author: '', mode: 'always', changed: true, body: 'text' };

/** A client that notes how long it would have waited. */
function clientOf(github: GitHubServer, timeoutMs = 2000) {
  const waits: number[] = [];
  const signal = new AbortController().signal;
  const sleep = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const rest: Rest = restClient({ apiUrl: github.url, token: 'secret', signal, sleep, timeoutMs });
  return {
    rest,
    waits,
    post: (changes: Partial<CommentRequest> = {}) => bringUpToDate(rest, { ...request, ...changes }),
  };
}

test('the comment is made once, found on a later page, updated in place, and left alone when nothing is new', async () => {
  await using github = await openGitHub();
  for (let count = 0; count < 230; count += 1) github.comment('issues/7', 'somebody', `talk ${count}`);
  const { post } = clientOf(github);
  assert.equal((await post()).kind, 'created');
  assert.equal((await post({ body: 'new' })).kind, 'updated');
  assert.equal((await post({ body: 'new' })).kind, 'unchanged');
  const own = github.comments.filter((comment) => comment.author === 'github-actions[bot]');
  assert.deepEqual(
    own.map((comment) => comment.body),
    [`new\n\n${marker('bootgauge')}`],
  );
  assert.ok(github.requests.every(({ token }) => token === 'Bearer secret'));
  assert.deepEqual(github.breaches, []);
});

test("somebody else's comment with the marker is not ours", async () => {
  await using github = await openGitHub();
  const forged = github.comment('issues/7', 'mallory', `${marker('bootgauge')}\nall is well`);
  const { post } = clientOf(github);
  assert.equal((await post()).kind, 'created');
  assert.equal((await post({ body: 'second' })).kind, 'updated');
  assert.match(forged.body, /all is well/);
  assert.equal(github.comments.length, 2);
});

test('a marker inside a quotation is no marker', async () => {
  await using github = await openGitHub();
  github.comment('issues/7', 'github-actions[bot]', `> ${marker('bootgauge')}\nquoted\n> ${marker('bootgauge')}`);
  assert.equal((await clientOf(github).post()).kind, 'created');
});

test('the first line of a comment is its title, and one of an earlier version, with its mark in front, is still found', async () => {
  await using github = await openGitHub();
  const old = github.comment('issues/7', 'github-actions[bot]', `${marker('bootgauge')}\n### Old`);
  assert.equal((await clientOf(github).post({ body: '### New\n' })).kind, 'updated');
  assert.equal(old.body, `### New\n\n${marker('bootgauge')}`);
  assert.equal((await clientOf(github).post({ body: '### New' })).kind, 'unchanged');
});

test('comments of two jobs stay apart', async () => {
  await using github = await openGitHub();
  const { post } = clientOf(github);
  await post({ key: 'one' });
  await post({ key: 'two -->' });
  await post({ key: 'one', body: 'again' });
  assert.equal(github.comments.length, 2);
});

test("a personal token's comment is its owner's, an app's the login that is given", async () => {
  await using personal = await openGitHub({ login: 'maintainer', mayAsk: true });
  const first = clientOf(personal);
  await first.post();
  assert.equal((await first.post({ body: 'again' })).kind, 'updated');
  await using app = await openGitHub({ login: 'gauge[bot]' });
  const second = clientOf(app);
  await second.post({ author: 'gauge[bot]' });
  assert.equal((await second.post({ author: 'gauge[bot]', body: 'again' })).kind, 'updated');
  assert.ok(!app.requests.some(({ path }) => path === '/user'));
  assert.deepEqual([...personal.breaches, ...app.breaches], []);
});

test('quiet: no comment unless something changed, but a cleared alarm updates the old one', async () => {
  await using github = await openGitHub();
  const { post } = clientOf(github);
  assert.equal((await post({ mode: 'changes', changed: false })).kind, 'quiet');
  assert.equal((await post({ mode: 'changes', changed: true, body: 'alarm' })).kind, 'created');
  assert.equal((await post({ mode: 'changes', changed: false, body: 'cleared' })).kind, 'updated');
  assert.match(github.comments[0]?.body ?? '', /cleared/);
  const before = github.requests.length;
  assert.equal((await post({ mode: 'never' })).kind, 'quiet');
  assert.equal(github.requests.length, before);
});

for (const status of [500, 502, 503, 504, 429, 408]) {
  test(`a ${status} is tried again, with longer and longer waits`, async () => {
    await using github = await openGitHub();
    const { post, waits } = clientOf(github);
    github.fail('POST', { status }, { status }, { status });
    assert.equal((await post()).kind, 'created');
    assert.deepEqual(waits, [1000, 2000, 4000]);
    assert.equal(github.comments.length, 1);
  });
}

test('a limit without a wait is waited for until it ends, and a secondary one is no missing permission', async () => {
  await using github = await openGitHub();
  const { post, waits } = clientOf(github);
  const reset = String(Math.ceil(Date.now() / 1000) + 30);
  github.fail(
    'POST',
    { status: 403, headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset } },
    { status: 403, body: '{"message":"You have exceeded a secondary rate limit."}' },
  );
  assert.equal((await post()).kind, 'created');
  assert.equal(waits.length, 2);
  assert.ok((waits[0] ?? 0) > 5000 && (waits[0] ?? 0) <= 31_000, `${waits[0]}`);
});

test('a rate limit says how long to wait, and nobody waits an hour', async () => {
  await using github = await openGitHub();
  const { post, waits } = clientOf(github);
  github.fail(
    'POST',
    { status: 429, headers: { 'retry-after': '7' } },
    { status: 403, headers: { 'retry-after': '3' } },
  );
  assert.equal((await post()).kind, 'created');
  assert.deepEqual(waits, [7000, 3000]);
  github.fail('PATCH', { status: 429, headers: { 'retry-after': '3600' } });
  const error = await caught(post({ body: 'other' }));
  assert.ok(Number(error.retryAfterMs) > longestWaitMs);
  assert.equal(error.retryAfterMs, 3_600_000);
  assert.equal(waits.length, 2);
});

for (const status of [401, 403, 404, 410, 422]) {
  test(`a ${status} is not tried again, and the advice fits`, async () => {
    await using github = await openGitHub();
    const { post, waits } = clientOf(github);
    github.fail('POST', { status, body: '{"message":"no"}' });
    const error = await caught(post());
    assert.equal(error.status, status);
    assert.match(error.message, /: no$/);
    assert.deepEqual(waits, []);
    const advice = commentAdvice(error, place);
    assert.match(
      advice,
      { 401: /invalid or has expired/, 403: /pull-requests: write/, 404: /pull-requests: write/ }[status] ??
        /accepts no comment there/,
    );
  });
}

test('a commit comment needs another permission', () => {
  const error = new RestError('', { status: 403, temporary: false, retryAfterMs: null });
  assert.match(commentAdvice(error, { ...place, on: { kind: 'commit', sha: 'a' } }), /contents: write/);
});

test('GitHub that never stops failing is given up after a few tries', async () => {
  await using github = await openGitHub();
  const { post, waits } = clientOf(github);
  github.fail('POST', ...Array.from({ length: 10 }, () => ({ status: 502, body: '<html>bad gateway</html>' })));
  assert.equal((await caught(post())).status, 502);
  assert.equal(waits.length, mostAttempts - 1);
});

test('what is lost to faults is bounded over all requests of a comment, and told', async () => {
  await using github = await openGitHub();
  const { post, waits } = clientOf(github);
  const limit = { status: 429, headers: { 'retry-after': '50' } };
  github.fail('GET', ...Array.from({ length: 20 }, () => limit));
  const error = await caught(post({ author: 'somebody' }));
  assert.deepEqual(waits, [50_000, 50_000]);
  assert.match(error.message, /given up after 3 tries and 10\d s/);
});

test('a request that fails in a page of a list is tried again as often as any other, and no more', async () => {
  await using github = await openGitHub();
  const { post, waits } = clientOf(github);
  github.fail('GET', ...Array.from({ length: 20 }, () => ({ status: 502 })));
  await caught(post({ author: 'somebody' }));
  assert.equal(waits.length, mostAttempts - 1);
});

test('a repository that was renamed is followed on the same host, and the token goes to no other', async () => {
  await using github = await openGitHub();
  await using other = await openGitHub();
  const { post } = clientOf(github);
  const moved = `${github.url}/repos/someone/qemu/issues/7/comments`;
  github.fail('POST', { status: 307, headers: { location: moved } }, { status: 301, headers: { location: moved } });
  assert.equal((await post({ author: 'somebody' })).kind, 'created');
  github.fail('POST', { status: 307, headers: { location: `${other.url}/repos/a/b` } });
  assert.equal((await caught(post({ author: 'nobody' }))).status, 307);
  assert.equal(other.requests.length, 0);
  github.fail('POST', ...Array.from({ length: 9 }, () => ({ status: 307, headers: { location: moved } })));
  assert.equal((await caught(post({ author: 'nobody' }))).status, 307);
});

test('a next page on a host whose name only begins like the API is not asked for', async () => {
  await using github = await openGitHub();
  github.fail('GET', { status: 200, body: '[1]', headers: { link: `<${github.url}.example.org/x>; rel="next"` } });
  const found: unknown[] = [];
  for await (const entry of clientOf(github).rest.all('/repos/someone/qemu/issues/7/comments')) found.push(entry);
  assert.deepEqual(found, [1]);
});

test('a comment that somebody deletes between the look and the update is made anew', async () => {
  await using github = await openGitHub();
  const { post } = clientOf(github);
  await post();
  github.fail('PATCH', { status: 404, body: '{"message":"Not Found"}' });
  assert.equal((await post({ body: 'new' })).kind, 'created');
  assert.equal(github.comments.length, 2);
});

test('no answer at all ends within the time limit and is tried again', async () => {
  await using github = await openGitHub();
  const { post } = clientOf(github, 100);
  github.fail('POST', 'hang', 'reset');
  assert.equal((await post()).kind, 'created');
});

test('a comment that was made although nothing was answered is not made twice', async () => {
  await using github = await openGitHub();
  const { post } = clientOf(github);
  github.fail('POST', 'work-then-reset');
  assert.equal((await post()).kind, 'unchanged');
  assert.equal(github.comments.length, 1);
});

test('a cancelled job does not wait for GitHub', async () => {
  await using github = await openGitHub();
  const abort = new AbortController();
  const sleep = async (): Promise<void> => {};
  const rest = restClient({ apiUrl: github.url, token: '', signal: abort.signal, sleep });
  github.fail('GET', 'hang');
  const posting = bringUpToDate(rest, request);
  setTimeout(() => abort.abort(new Error('cancelled')), 50);
  await assert.rejects(posting, /cancelled/);
});

async function caught(promise: Promise<unknown>): Promise<RestError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof RestError, String(error));
    return error;
  }
  return assert.fail('it succeeded');
}
