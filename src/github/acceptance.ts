// Whether somebody who may write here has accepted a slowdown by a label. Everything is asked of GitHub: neither the event, which a fork's
// workflow may have brought about, nor a stored report has a say.
import { z } from 'zod';
import { plainLine } from '../model/plain-text.ts';
import type { Report } from '../model/report.ts';
import { nothingCompared } from './annotations.ts';
import type { ActionEvent } from './event.ts';
import type { ActionInputs } from './inputs.ts';
import { type Rest, RestError } from './rest.ts';

interface AskedAcceptance {
  readonly owner: string;
  readonly repository: string;
  /** Number of the pull request. */
  readonly number: number;
  /** The run that measured. */
  readonly run: string;
  readonly label: string;
}

type Acceptance =
  /** A sentence for the comment: who and when. */
  | { readonly kind: 'accepted'; readonly text: string }
  /** Nobody has set the label. */
  | { readonly kind: 'none' }
  /** The label does not count, and why. */
  | { readonly kind: 'refused'; readonly because: string };

const date = z.iso.datetime({ offset: true });
const labelEventSchema = z.object({
  event: z.enum(['labeled', 'unlabeled']),
  created_at: date,
  label: z.object({ name: z.string() }),
  actor: z.object({ login: z.string(), type: z.string() }).nullable(),
});
const anyEventSchema = z.object({ event: z.string() });
const runSchema = z.object({ created_at: date, run_started_at: date });
const permissionSchema = z.object({ permission: z.string() });

/**
 * A label names no commit. It counts for the run that it was set after and that was then started again: so it cannot be meant for an
 * earlier commit, and not reach a later one. Rejects with a RestError where GitHub does not answer.
 */
async function acceptanceOf(rest: Rest, asked: AskedAcceptance): Promise<Acceptance> {
  const here = `/repos/${asked.owner}/${asked.repository}`;
  const last = await rest.retry(() => lastSetting(rest, `${here}/issues/${asked.number}/events`, asked.label));
  if (last === null || last.event === 'unlabeled') return { kind: 'none' };
  const { actor, created_at: at } = last;
  if (actor === null || actor.type !== 'User') return refused('it was set by a program or by a user who is gone');
  const { body } = await rest.get(`${here}/collaborators/${encodeURIComponent(actor.login)}/permission`);
  const permission = permissionSchema.parse(body).permission;
  if (!['admin', 'write'].includes(permission)) return refused(`${actor.login}, who set it, may not write here`);
  const run = runSchema.parse((await rest.get(`${here}/actions/runs/${asked.run}`)).body);
  if (Date.parse(at) < Date.parse(run.created_at)) {
    return refused('it is older than this run: look at the result, take the label off, and set it again');
  }
  if (Date.parse(run.run_started_at) < Date.parse(at)) {
    return refused('it was set after this run had started: run the job again, so that it is meant for this commit');
  }
  return {
    kind: 'accepted',
    text: `Accepted by ${actor.login}, who set the label ${shown(asked.label)} at ${minute(at)}.`,
  };
}

export interface AskedOfReport extends Pick<AskedAcceptance, 'label' | 'run'> {
  readonly event: Pick<ActionEvent, 'owner' | 'repository'>;
  /** null: there is no pull request. */
  readonly number: number | null;
  readonly rest: () => Rest;
  /** What the job fails on; a job that did not measure itself does not know. */
  readonly failOn?: ActionInputs['failOn'];
}

/** Whether a report that is slower, and nothing worse, passes by a label, and the sentence to show; empty: nobody set one. */
export async function acceptedSlowdown(
  report: Pick<Report, 'verdict' | 'scenarios' | 'onUndecided'>,
  { rest, event, number, label, run, failOn = 'regression' }: AskedOfReport,
): Promise<{ readonly passes: boolean; readonly text: string }> {
  if (label === '' || number === null || report.verdict.word !== 'slower') return { passes: false, text: '' };
  const { owner, repository } = event;
  const answer = await orRefusal(acceptanceOf(rest(), { owner, repository, number, run, label }));
  if (answer.kind === 'none') return { passes: false, text: '' };
  const other = failsToo(report, failOn);
  if (answer.kind === 'accepted' && other === '') return { passes: true, text: answer.text };
  const because = answer.kind === 'accepted' ? other : answer.because;
  return { passes: false, text: `The label ${shown(label)} does not count: ${because}.` };
}

/** The worst scenario is slower; behind it another one may fail for a reason that no label accepts. */
function failsToo(report: Pick<Report, 'scenarios' | 'onUndecided'>, failOn: ActionInputs['failOn']): string {
  if (report.onUndecided === 'fail' && report.scenarios.some(({ verdict }) => verdict.word === 'undecided'))
    return 'another scenario is undecided, which fails here';
  return failOn === 'nothing-compared' && nothingCompared(report).length > 0
    ? 'another scenario had nothing to be compared with, which fails here'
    : '';
}

/** Where GitHub does not answer, nothing is accepted, and that is the reason. */
async function orRefusal(asked: Promise<Acceptance>): Promise<Acceptance> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof z.ZodError) return refused('GitHub answered in words that are not known');
    if (!(error instanceof RestError)) throw error;
    const lacks = [401, 403, 404].includes(error.status) && !error.temporary;
    return refused(
      `${error.message}${lacks ? '; a private repository asks for the permissions `pull-requests: read` and `actions: read`' : ''}`,
    );
  }
}

const refused = (because: string): Acceptance => ({ kind: 'refused', because });
const shown = (label: string): string => `"${plainLine(label, 60)}"`;
/** `2026-11-30 16:40 UTC` */
const minute = (at: string): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** GitHub tells events oldest first, and does not tell labels apart by case. */
async function lastSetting(rest: Rest, path: string, label: string): Promise<z.output<typeof labelEventSchema> | null> {
  let last: z.output<typeof labelEventSchema> | null = null;
  for await (const entry of rest.all(path)) {
    if (!['labeled', 'unlabeled'].includes(anyEventSchema.safeParse(entry).data?.event ?? '')) continue;
    // One that cannot be read might be the one that took the label off: nothing counts then.
    const event = labelEventSchema.parse(entry);
    if (event.label.name.toLowerCase() === label.toLowerCase()) last = event;
  }
  return last;
}
