// The one comment of a pull request (or commit): found again by its hidden marker and its author, updated in place.
import { z } from 'zod';
import type { CommentMode } from './inputs.ts';
import { type Rest, type RestAnswer, RestError } from './rest.ts';

export interface CommentPlace {
  readonly owner: string;
  readonly repository: string;
  readonly on:
    | { readonly kind: 'pull-request'; readonly number: number }
    | { readonly kind: 'commit'; readonly sha: string };
}

export interface CommentRequest {
  readonly place: CommentPlace;
  /** Tells the comments of several jobs apart. */
  readonly key: string;
  /** Login whose comment is ours; empty: found out. */
  readonly author: string;
  readonly mode: CommentMode;
  /** Whether there is something to say: a quiet mode makes no new comment without it. */
  readonly changed: boolean;
  /** Without the marker. */
  readonly body: string;
}

export type CommentOutcome =
  | { readonly kind: 'created' | 'updated' | 'unchanged'; readonly url: string }
  | { readonly kind: 'quiet' };

export const marker = (key: string): string => `<!-- bootgauge: ${key.replace(/[^\w. +()]/g, '.')} -->`;

/**
 * Brings the comment up to date. Throws a RestError when GitHub refuses for good. A creation that was not answered is not
 * simply repeated: the comment is looked for again first, since it may be there.
 */
export async function bringUpToDate(rest: Rest, request: CommentRequest): Promise<CommentOutcome> {
  if (request.mode === 'never') return { kind: 'quiet' };
  const author = request.author || (await ownLogin(rest));
  // At the end: the first line is what a mail and a notification show.
  const body = `${request.body.trimEnd()}\n\n${marker(request.key)}`;
  return rest.retry(async () => {
    const found = await findOwn(rest, request, author);
    if (found !== null && sameText(found.body, body)) return { kind: 'unchanged', url: found.html_url };
    const updated = found === null ? null : await updatedComment(rest, request.place, { ...found, body });
    if (updated !== null) return { kind: 'updated', url: urlOf(updated.body) };
    if (found === null && request.mode === 'changes' && !request.changed) return { kind: 'quiet' };
    const answer = await rest.once('POST', comments(request.place), { body });
    return { kind: 'created', url: urlOf(answer.body) };
  });
}

/** null: somebody has deleted the comment since it was found. */
async function updatedComment(rest: Rest, place: CommentPlace, { id, body }: { id: number; body: string }) {
  return rest.once('PATCH', oneComment(place, id), { body }).catch((error: unknown): RestAnswer | null => {
    if (error instanceof RestError && error.status === 404) return null;
    throw error;
  });
}

/** Which permission a refused comment lacks, as the end of a warning. */
export function commentAdvice(error: RestError, place: CommentPlace): string {
  const permission = place.on.kind === 'commit' ? 'contents: write' : 'pull-requests: write';
  switch (error.status) {
    case 401:
      return 'The token is invalid or has expired: leave `token` out, or pass a valid one.';
    case 403:
      return error.temporary
        ? 'GitHub limits the rate of requests: the next run will update the comment.'
        : `The token lacks \`${permission}\`, or the conversation is locked. A fork's pull request never has it: let a second workflow post the comment.`;
    case 404:
      return `The token cannot see where the comment belongs: it needs \`${permission}\`.`;
    case 410:
    case 422:
      return 'GitHub accepts no comment there.';
    default:
      return 'The next run will update the comment.';
  }
}

const commentSchema = z.object({
  id: z.int(),
  body: z.string().nullish(),
  html_url: z.string(),
  user: z.object({ login: z.string() }).nullish(),
});
type Comment = z.infer<typeof commentSchema>;

async function findOwn(rest: Rest, request: CommentRequest, author: string): Promise<Comment | null> {
  const mark = marker(request.key);
  for await (const entry of rest.all(comments(request.place))) {
    const comment = commentSchema.safeParse(entry).data;
    if (comment?.user?.login === author && isMarked(comment.body, mark)) return comment;
  }
  return null;
}

/** The mark is the last line, or, in comments of earlier versions, the first. */
function isMarked(body: string | null | undefined, mark: string): boolean {
  const text = (body ?? '').trim();
  return text.startsWith(mark) || text.slice(text.lastIndexOf('\n') + 1).trim() === mark;
}

/** A personal token tells who it is. A workflow's or an app's token may not ask: then it is the workflow's own bot. */
async function ownLogin(rest: Rest): Promise<string> {
  try {
    const answer = await rest.get('/user');
    return z.object({ login: z.string() }).safeParse(answer.body).data?.login ?? workflowBot;
  } catch (error) {
    if (error instanceof RestError && [401, 403, 404].includes(error.status)) return workflowBot;
    throw error;
  }
}

const workflowBot = 'github-actions[bot]';

function comments({ owner, repository, on }: CommentPlace): string {
  const where = on.kind === 'commit' ? `commits/${on.sha}` : `issues/${on.number}`;
  return `/repos/${owner}/${repository}/${where}/comments`;
}

function oneComment({ owner, repository, on }: CommentPlace, id: number): string {
  return `/repos/${owner}/${repository}/${on.kind === 'commit' ? '' : 'issues/'}comments/${id}`;
}

const urlOf = (body: unknown): string => z.object({ html_url: z.string() }).safeParse(body).data?.html_url ?? '';

/** GitHub turns line ends and trims. */
function sameText(stored: string | null | undefined, wanted: string): boolean {
  return (stored ?? '').replaceAll('\r\n', '\n').trim() === wanted.trim();
}
